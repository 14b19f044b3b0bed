/**
 * The login with ChatGPT, as requests are sent by it: renewed before it ends, by one process and once, however many need
 * it. Who renews holds the file's lock and reads the file anew: another may have renewed it meanwhile, and a refresh token
 * that was used already is never sent again. That a renewal was begun stands in the file before it is sent: should the
 * process die before the answer is written, the next refusal says why.
 */
import type { Issuer, IssuerFailure, Tokens } from '../../adapters/models/codex/issuer.ts';
import type { Clock } from '../../base/clock.ts';
import { utcTime } from '../../base/utc-time.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { BearerAnswer, Bearers, Login } from '../../contract/login.ts';
import { lockLogin, readLogin, writeLogin } from '../../store/logins.ts';
import { takeLogin } from './take-login.ts';

export interface BearersOptions {
  /** The login's file. */
  path: string;
  /** The issuer at an address: a login is renewed by who gave it, whatever is configured now. */
  issuerAt: (address: string) => Issuer;
  clock: Clock;
  /** Told of each login that is read or written: its tokens are secrets. */
  learned?: ((login: Login) => void) | undefined;
}

/** So long before its end a token is renewed; of one that doesn't last as long twice over, when half its time is over. */
const EARLY_MS = 5 * 60 * 1000;

function earlyMs({ expires_at, renewed_at, logged_in_at }: Login): number {
  const lasts = expires_at - (renewed_at ?? logged_in_at);
  return Math.min(EARLY_MS, Math.max(0, lasts / 2));
}

/** Failures before anything could reach the issuer. */
const NEVER_SENT: ReadonlySet<string> = new Set(['connection_failed', 'connect_timeout']);

const LOG_IN = 'log in with `runtime provider login openai-codex`';

export function createBearers({ path, issuerAt, clock, learned }: BearersOptions): Bearers {
  let renewing: Promise<BearerAnswer> | undefined;
  /** What a renewal brought and the disk had no room for; `before`: the access token that stands in the file in its place. */
  let unwritten: { before: string; login: Login } | undefined;
  const read = (): Login | undefined => {
    const kept = readLogin(path);
    if (kept?.access_token !== unwritten?.before) unwritten = undefined; // somebody logged in anew, or out
    const login = unwritten?.login ?? kept;
    if (login) learned?.(login);
    return login;
  };
  /** Nobody else has what must be written, and the disk may have room again. */
  const writeAgain = (): void => {
    const unlock = unwritten && lockLogin(path);
    if (unlock === undefined) return;
    try {
      read();
      if (unwritten) writeLogin(path, unwritten.login);
      unwritten = undefined;
    } catch {
      // The next call tries it again.
    } finally {
      unlock();
    }
  };
  const isGood = (login: Login, refused: string | undefined): boolean =>
    login.access_token !== refused && login.expires_at - clock.now() > earlyMs(login);

  async function renewed(refused: string | undefined): Promise<BearerAnswer> {
    const unlock = await takeLogin(path, clock);
    if (unlock === undefined) {
      return failed('timeout', 'login_busy', 'Another process is renewing the login with ChatGPT, and does not end.');
    }
    try {
      return await renewLocked(refused);
    } finally {
      unlock();
    }
  }

  async function renewLocked(refused: string | undefined): Promise<BearerAnswer> {
    const login = read();
    if (!login) return missing();
    if (isGood(login, refused)) return good(login);
    const { refresh_token } = login;
    if (refresh_token === undefined) return over('it has ended, and the issuer gave nothing to renew it with');
    writeLogin(path, { ...login, renewing_since: login.renewing_since ?? clock.now() });
    const answer = await issuerAt(login.issuer).renew(refresh_token);
    if (answer.ok) {
      const next = renewedLogin(login, answer, clock.now());
      learned?.(next);
      unwritten = { before: login.access_token, login: next };
      writeLogin(path, next);
      unwritten = undefined;
      return good(next);
    }
    if (answer.class === 'auth' || NEVER_SENT.has(answer.code)) writeLogin(path, login); // this one wasn't cut
    if (answer.class === 'auth') return over(reasonOf(login, answer));
    // It may pass: until its own end the token is still good.
    const stillGood = login.access_token !== refused && login.expires_at > clock.now();
    const message = `The login with ChatGPT can't be renewed. ${answer.message}`;
    return stillGood ? good(login) : { ...answer, message };
  }

  return {
    async bearer(refused) {
      let login: Login | undefined;
      try {
        writeAgain();
        login = read();
        if (!login) return missing();
        if (isGood(login, refused)) return good(login);
        renewing ??= renewed(refused).finally(() => (renewing = undefined));
        return await renewing;
      } catch (thrown) {
        login = unwritten?.login ?? login; // what can't be written can be used all the same, as long as it is good
        if (login && login.access_token !== refused && login.expires_at > clock.now()) return good(login);
        const { code, message, next } = toRuntimeError(thrown);
        return failed('auth', code, `${message} ${next}`);
      }
    },
  };
}

/** A login of the issuer's answer, from now on. */
export function newLogin(issuer: string, tokens: Tokens, now: number): Login {
  const { access_token, refresh_token, lasts_ms, account_id, email, plan } = tokens;
  return {
    v: 1,
    issuer,
    access_token,
    ...(refresh_token !== undefined && { refresh_token }),
    ...(account_id !== undefined && { account_id }),
    ...(email !== undefined && { email }),
    ...(plan !== undefined && { plan }),
    expires_at: now + lasts_ms,
    logged_in_at: now,
  };
}

/** What the answer leaves out stays as it was; also the refresh token, where the issuer lets it be used again. */
function renewedLogin(login: Login, tokens: Tokens, now: number): Login {
  const { renewing_since: _, ...before } = login;
  return { ...before, ...newLogin(login.issuer, tokens, now), logged_in_at: login.logged_in_at, renewed_at: now };
}

function good({ access_token, account_id }: Login): BearerAnswer {
  return { ok: true, access_token, ...(account_id !== undefined && { account_id }) };
}

function missing(): BearerAnswer {
  return failed('auth', 'login_missing', `There is no login with ChatGPT: ${LOG_IN}.`);
}

function over(why: string): BearerAnswer {
  return failed(
    'auth',
    'login_over',
    `The login with ChatGPT is over: ${why}. ${LOG_IN[0]!.toUpperCase()}${LOG_IN.slice(1)}.`,
  );
}

function reasonOf({ renewing_since }: Login, { code }: IssuerFailure): string {
  if (renewing_since === undefined) return `the issuer refused to renew it (${code})`;
  return `a renewal was begun at ${utcTime(renewing_since)} and cut before its answer was written, so the token that it brought is lost (${code})`;
}

function failed(failureClass: IssuerFailure['class'], code: string, message: string): IssuerFailure {
  return { ok: false, class: failureClass, code, message };
}
