/**
 * The service that logs people in with ChatGPT: OAuth 2.0 (RFC 6749) with PKCE (RFC 7636), renewal, revocation (RFC 7009,
 * but in JSON), and a login by a code that is typed on another device, which isn't that of RFC 8628. Endpoints and fields
 * are those of OpenAI's own program (github.com/openai/codex, codex-rs/login).
 */
import { hash } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import type { BearerAnswer } from '../../../contract/login.ts';
import type { Routes } from '../http/routes.ts';
import { createTransport } from '../http/transport.ts';
import { ModelFault } from '../reply/fault.ts';
import { isHeaderText } from '../settings.ts';
import { claimsOf } from './claims.ts';

/** Of OpenAI's own program; public. */
const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann';
const SCOPE = 'openid profile email offline_access';
const ORIGINATOR = 'codex_cli_rs';
const TIMEOUT_MS = 30_000;
/** Where the issuer doesn't say how long a token lasts. */
const USUAL_LIFE_MS = 60 * 60 * 1000;
/** Of a token that is said to last longer: in time somebody else may think otherwise of it. */
const LONGEST_LIFE_MS = 366 * 24 * 60 * 60 * 1000;
/** A code is typed by a person. */
const TYPED_CODE = /^[\w-]{1,40}$/;
/** So often is asked at most, and at least, whether it was typed. */
const LEAST_INTERVAL_S = 1;
const MOST_INTERVAL_S = 60;

/** How a request to the issuer failed. */
export type IssuerFailure = Extract<BearerAnswer, { ok: false }>;

export interface Tokens {
  ok: true;
  access_token: string;
  refresh_token?: string;
  /** How long the access token is good from when the answer came, ms. */
  lasts_ms: number;
  account_id?: string;
  email?: string;
  plan?: string;
}

/** A code that the person types elsewhere. */
export interface DeviceCode {
  ok: true;
  user_code: string;
  verification_url: string;
  device_auth_id: string;
  interval_ms: number;
}

export type DeviceAnswer =
  | { state: 'pending' }
  /** Asked too often. */
  | { state: 'slow_down' }
  | { state: 'granted'; code: string; verifier: string; redirect_uri: string }
  | { state: 'failed'; failure: IssuerFailure };

export interface Issuer {
  authorizeUrl(request: { redirect_uri: string; verifier: string; state: string }): string;
  /** Makes tokens of an authorization code. */
  exchange(grant: { code: string; verifier: string; redirect_uri: string }): Promise<Tokens | IssuerFailure>;
  renew(refresh_token: string): Promise<Tokens | IssuerFailure>;
  /** Ends a token. Gives whether the issuer did so. */
  revoke(token: string): Promise<boolean>;
  /** Undefined: the issuer has no such login. */
  deviceCode(): Promise<DeviceCode | IssuerFailure | undefined>;
  deviceState(code: DeviceCode): Promise<DeviceAnswer>;
}

export function createIssuer(address: string, { clock, routes }: { clock: Clock; routes: Routes }): Issuer {
  const base = address.replace(/\/+$/, '');
  const host = URL.parse(base)?.host ?? base;
  const transport = createTransport({ clock, routes, connectTimeoutMs: TIMEOUT_MS, idleTimeoutMs: TIMEOUT_MS });

  /** The status and the answer's fields, or how it failed on its way. */
  async function post(path: string, body: URLSearchParams | object): Promise<Answer | IssuerFailure> {
    const form = body instanceof URLSearchParams;
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
    const headers: [string, string][] = [['content-type', type], ['accept', 'application/json']]; // prettier-ignore
    try {
      const text = form ? body.toString() : JSON.stringify(body);
      const reply = await transport(`${base}${path}`, { method: 'POST', headers, body: text });
      return { status: reply.status, fields: fieldsOf(await reply.text()) };
    } catch (thrown) {
      const fault = thrown instanceof ModelFault ? thrown : undefined;
      const failure = fault?.class === 'timeout' ? 'timeout' : 'network';
      return failed(failure, fault?.code ?? 'failed', `${host}: ${fault?.message ?? 'the request failed'}`);
    }
  }

  async function tokens(grant: Record<string, string>): Promise<Tokens | IssuerFailure> {
    const answer = await post('/oauth/token', new URLSearchParams({ client_id: CLIENT_ID, ...grant }));
    if ('ok' in answer) return answer;
    if (answer.status !== 200) return refusal(host, answer);
    const { access_token, refresh_token, id_token, expires_in } = answer.fields;
    if (typeof access_token !== 'string' || !isHeaderText(access_token)) {
      return failed('overload', 'bad_answer', `${host} gave no token.`);
    }
    const { lasts_ms: claimed = USUAL_LIFE_MS, ...own } = claimsOf(access_token);
    const said = typeof expires_in === 'number' && expires_in > 0 ? expires_in * 1000 : claimed;
    const { lasts_ms: _, ...named } = typeof id_token === 'string' ? claimsOf(id_token) : {};
    return {
      ok: true,
      access_token,
      ...(typeof refresh_token === 'string' && refresh_token !== '' && { refresh_token }),
      lasts_ms: said > 0 ? Math.ceil(Math.min(said, LONGEST_LIFE_MS)) : USUAL_LIFE_MS,
      ...own,
      ...named,
    };
  }

  return {
    authorizeUrl({ redirect_uri, verifier, state }) {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: CLIENT_ID,
        redirect_uri,
        scope: SCOPE,
        code_challenge: hash('sha256', verifier, 'base64url'),
        code_challenge_method: 'S256',
        id_token_add_organizations: 'true',
        codex_cli_simplified_flow: 'true',
        state,
        originator: ORIGINATOR,
      });
      return `${base}/oauth/authorize?${query.toString()}`;
    },
    exchange: ({ code, verifier, redirect_uri }) =>
      tokens({ grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }),
    renew: (refresh_token) => tokens({ grant_type: 'refresh_token', refresh_token }),
    async revoke(token) {
      const answer = await post('/oauth/revoke', { token, token_type_hint: 'refresh_token', client_id: CLIENT_ID });
      return 'status' in answer && answer.status === 200;
    },
    async deviceCode() {
      const answer = await post('/api/accounts/deviceauth/usercode', { client_id: CLIENT_ID });
      if ('ok' in answer) return answer;
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) return refusal(host, answer);
      const { device_auth_id, user_code, usercode = user_code, interval } = answer.fields;
      if (typeof device_auth_id !== 'string' || typeof usercode !== 'string' || !TYPED_CODE.test(usercode)) {
        return failed('overload', 'bad_answer', `${host} gave no code.`);
      }
      const seconds = Math.min(Math.max(LEAST_INTERVAL_S, Number(interval) || 5), MOST_INTERVAL_S);
      const verification_url = `${base}/codex/device`;
      return { ok: true, user_code: usercode, verification_url, device_auth_id, interval_ms: seconds * 1000 };
    },
    async deviceState({ device_auth_id, user_code }) {
      const answer = await post('/api/accounts/deviceauth/token', { device_auth_id, user_code });
      if ('ok' in answer) return { state: 'failed', failure: answer };
      const { authorization_code: code, code_verifier: verifier } = answer.fields;
      if (answer.status === 200 && typeof code === 'string' && typeof verifier === 'string') {
        return { state: 'granted', code, verifier, redirect_uri: `${base}/deviceauth/callback` };
      }
      const error = errorCode(answer.fields) ?? '';
      if (/slow_down/.test(error) || answer.status === 429) return { state: 'slow_down' };
      const over = /denied|expired/.test(error);
      if ((answer.status === 403 || answer.status === 404) && !over) return { state: 'pending' };
      return { state: 'failed', failure: refusal(host, answer) };
    },
  };
}

interface Answer {
  status: number;
  /** Empty where the answer is no object in JSON. */
  fields: Record<string, unknown>;
}

function fieldsOf(text: string): Answer['fields'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Answer['fields']) : {};
  } catch {
    return {};
  }
}

/** An answer that isn't what was asked for. Only its code is kept: the rest may hold what was sent. */
function refusal(host: string, { status, fields }: Answer): IssuerFailure {
  const code = errorCode(fields) ?? `http_${status}`;
  const passing = status === 429 || status >= 500;
  return failed(passing ? 'overload' : 'auth', code, `${host} answered ${status}: ${code}.`);
}

/** `{error: "code"}` as in RFC 6749, or `{error: {code: "code"}}`. */
function errorCode(fields: Answer['fields']): string | undefined {
  const { error, code } = fields;
  const inner = typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
  return [inner, code].find((one) => typeof one === 'string' && /^[\w.-]{1,64}$/.test(one)) as string | undefined;
}

function failed(failureClass: IssuerFailure['class'], code: string, message: string): IssuerFailure {
  return { ok: false, class: failureClass, code, message };
}
