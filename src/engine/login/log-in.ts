/** Logging in with ChatGPT: by a browser on this machine, or by a code that is typed on any other; and out again. */
import { type CallbackResult, listenForCallback, readCallback } from '../../adapters/models/codex/callback.ts';
import { createIssuer, type Issuer, type IssuerFailure, type Tokens } from '../../adapters/models/codex/issuer.ts';
import { createRoutes } from '../../adapters/models/http/routes.ts';
import type { Clock } from '../../base/clock.ts';
import { parseDuration } from '../../base/duration.ts';
import type { Environment } from '../../base/environment.ts';
import { randomSecret } from '../../base/ids.ts';
import type { Config } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Login } from '../../contract/login.ts';
import { hasLogin, readLogin, removeLogin, writeLogin } from '../../store/logins.ts';
import { codexLoginPath } from '../config/login-path.ts';
import { newLogin } from './bearers.ts';
import { takeLogin } from './take-login.ts';

/** What a login is made with. */
export interface LoginPlace {
  config: Config;
  environment: Environment;
  clock: Clock;
}

/** What the person is told whose code it is. */
export interface CodeTalk {
  /** The address to open anywhere, and the code to type there; it is good for so long. */
  code(code: { user_code: string; verification_url: string; lasts_ms: number }): void;
  signal: AbortSignal;
}

/** What the person at a browser is told, and says. */
export interface BrowserTalk {
  /** The address to open in a browser on this machine. */
  open(url: string): void;
  /** Lines that the person types or pastes: the address at which the browser ended. Ends when nothing more comes. */
  pasted: AsyncIterable<string>;
  /** What was pasted is no such address. */
  refused(why: string): void;
  signal: AbortSignal;
}

const VERIFIER_BYTES = 32;
const STATE_BYTES = 16;
/** A code that nobody types is good for so long. */
const DEVICE_MS = 15 * 60 * 1000;
const SLOWER_MS = 5000;
const TRY_AGAIN = 'Try again with `runtime provider login openai-codex`.';

/** By a browser on this machine, or by pasting where it ended. @throws RuntimeError login_failed | port_taken | … */
export async function logInByBrowser(place: LoginPlace, talk: BrowserTalk): Promise<Login> {
  const { issuer: address, redirect_uri, timeout } = place.config.auth.codex;
  const issuer = issuerOf(place);
  const verifier = randomSecret(VERIFIER_BYTES);
  const state = randomSecret(STATE_BYTES);
  const callback = await listenForCallback(redirect_uri, state);
  try {
    talk.open(issuer.authorizeUrl({ redirect_uri, verifier, state }));
    const came = Promise.race([callback.result, pastedResult(talk, state)]);
    const result = await within(place.clock, parseDuration(timeout)!, talk.signal, came);
    if (result === undefined) throw failed(`Nobody logged in within ${timeout}.`);
    if (!result.ok) throw failed(`The login was refused: ${result.error}.`);
    return keep(place, address, await issuer.exchange({ code: result.code, verifier, redirect_uri }));
  } finally {
    callback.close();
  }
}

/** By a code that is typed elsewhere; undefined: the issuer has no such login. @throws RuntimeError login_failed | … */
export async function logInByCode(place: LoginPlace, talk: CodeTalk): Promise<Login | undefined> {
  const { clock, config } = place;
  const issuer = issuerOf(place);
  const code = await issuer.deviceCode();
  if (code === undefined) return undefined;
  if (!code.ok) throw failed(code.message);
  talk.code({ ...code, lasts_ms: DEVICE_MS });
  const endsAt = clock.now() + DEVICE_MS;
  for (let wait = code.interval_ms; ;) {
    await within(clock, wait, talk.signal, new Promise<never>(() => {}));
    if (clock.now() >= endsAt) throw failed('Nobody typed the code within 15 minutes.');
    const answer = await issuer.deviceState(code);
    if (answer.state === 'granted') return keep(place, config.auth.codex.issuer, await issuer.exchange(answer));
    if (answer.state === 'slow_down') wait += SLOWER_MS;
    // What may pass is asked again until the code's end.
    if (answer.state === 'failed' && answer.failure.class === 'auth') {
      throw failed(`The login was refused: ${answer.failure.message}`);
    }
  }
}

/**
 * Ends the login here, and at the issuer as far as it lets: `revoked` says whether it did. Undefined: there was none.
 * @throws RuntimeError no_permission | store_unavailable
 */
export async function logOut(place: LoginPlace): Promise<{ revoked: boolean } | undefined> {
  if (!hasLogin(codexLoginPath(place.config, place.environment))) return undefined;
  // Removed first: whatever the issuer does, this machine has it no more.
  const login = await alone(place, (path) => {
    const found = readable(path);
    removeLogin(path);
    return found;
  });
  if (login === undefined) return { revoked: false };
  return { revoked: await issuerOf(place, login.issuer).revoke(login.refresh_token ?? login.access_token) };
}

/** Of a file that is no login nothing can be revoked. */
function readable(path: string): Login | undefined {
  try {
    return readLogin(path);
  } catch (thrown) {
    if (thrown instanceof RuntimeError && thrown.code === 'store_damaged') return undefined;
    throw thrown;
  }
}

function issuerOf({ config, clock, environment }: LoginPlace, address = config.auth.codex.issuer): Issuer {
  return createIssuer(address, { clock, routes: createRoutes(environment) });
}

async function keep(place: LoginPlace, issuer: string, tokens: Tokens | IssuerFailure): Promise<Login> {
  if (!tokens.ok) throw failed(`The login failed. ${tokens.message}`);
  const login = newLogin(issuer, tokens, place.clock.now());
  return alone(place, (path) => {
    writeLogin(path, login);
    return login;
  });
}

/** Works on the login's file when nobody renews it: who does would write over what we do. @throws RuntimeError locked */
async function alone<T>({ config, environment, clock }: LoginPlace, work: (path: string) => T): Promise<T> {
  const path = codexLoginPath(config, environment);
  const unlock = await takeLogin(path, clock);
  if (unlock === undefined)
    throw new RuntimeError('locked', 'Another process is renewing the login, and does not end.');
  try {
    return work(path);
  } finally {
    unlock();
  }
}

/** The first pasted line that is an answer; open where none comes. */
async function pastedResult({ pasted, refused }: BrowserTalk, state: string): Promise<CallbackResult> {
  for await (const line of pasted) {
    const text = line.trim();
    if (text === '') continue;
    const query = text.includes('?') ? text.slice(text.indexOf('?') + 1) : text;
    const read = readCallback(new URLSearchParams(query.split('#')[0]), state);
    if (typeof read !== 'string') return read;
    refused(read);
  }
  return new Promise(() => {});
}

/** The promise's value; undefined when the time is over before. @throws RuntimeError login_failed, when it is stopped */
function within<T>(clock: Clock, ms: number, signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(failed('The login was stopped.'));
    if (signal.aborted) return stop();
    const cancel = clock.at(clock.now() + ms, () => resolve(undefined));
    signal.addEventListener('abort', stop, { once: true });
    void promise.then(resolve, reject).finally(cancel);
  });
}

function failed(message: string): RuntimeError {
  return new RuntimeError('login_failed', message, { next: TRY_AGAIN });
}
