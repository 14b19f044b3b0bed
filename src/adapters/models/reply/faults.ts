/**
 * What went wrong, told apart by what to do about it (`model.failed.class`).
 *
 * An account without money or quota (`insufficient_quota`, 402) is `auth`: it comes as 429, but no waiting helps, and the
 * person must see to the account as to a wrong key. 403 is `auth`, unless a moderation refused the content.
 */
import type { ModelFailureClass } from '../../../contract/values.ts';
import { abortFault, ModelFault } from './fault.ts';

export interface ErrorContext {
  /** Who answered, as messages name it. */
  provider: string;
  /** Never shown, wherever it turns up. */
  apiKey: string | undefined;
  /** Now, ms UTC: a Retry-After may be a date. */
  now: number;
}

/** What an SDK threw, in the words that all of them share. `status` is absent for an error within a reply's events. */
export type Thrown =
  | { kind: 'aborted' }
  | { kind: 'timeout' }
  | { kind: 'unreached'; message: string }
  | {
      kind: 'answered';
      status: number | undefined;
      headers: { get(name: string): string | null } | undefined;
      /** The body, or what stands in its `error`. */
      error: unknown;
      message: string;
      /** Where it says so elsewhere than in a header. */
      retryAfterMs?: number;
    };

/** Reads an SDK's own errors; undefined: it is none. */
export type ReadThrown = (thrown: unknown) => Thrown | undefined;

/** Texts from outside are cut to this. */
const MESSAGE_CHARACTERS = 1000;

/** Turns whatever the SDK, the transport or a reader threw into the failure. */
export function toFault(thrown: unknown, context: ErrorContext, readThrown: ReadThrown): ModelFault {
  const fault = causeOf(thrown, (error) => error instanceof ModelFault) as ModelFault | undefined;
  const read = readThrown(thrown);
  if (fault?.class === 'aborted' || read?.kind === 'aborted') return abortFault();
  const say = (message: string): string => `${context.provider}${clean(message, context.apiKey)}`;
  if (fault) {
    return new ModelFault(fault.class, fault.code, say(`: ${fault.message}`), {
      retryAfterMs: fault.retryAfterMs,
      cause: thrown,
    });
  }
  if (read?.kind === 'timeout') {
    return new ModelFault('timeout', 'timeout', say(': the request timed out'), { cause: thrown });
  }
  if (read?.kind === 'unreached') {
    return new ModelFault('network', 'connection_failed', say(`: ${read.message}`), { cause: thrown });
  }
  if (read) return answered(thrown, read, context, say);
  if (thrown instanceof SyntaxError) {
    return new ModelFault('malformed', 'bad_event', say(' sent an event that is not JSON'), { cause: thrown });
  }
  if (thrown instanceof RangeError) {
    return new ModelFault('malformed', 'bad_event', say(' sent JSON that is nested too deep'), { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ModelFault('invalid_request', 'request_failed', say(`: ${message}`), { cause: thrown });
}

/** An error that stands in a reply's events. It has no status. */
export function streamedFault(error: unknown): ModelFault {
  const code = codeOf(error) ?? 'server_error';
  const message = messageOf(error) ?? 'the reply failed without a message';
  const number = typeof error === 'object' && error && 'code' in error ? error.code : undefined;
  const status = typeof number === 'number' ? number : 0;
  return new ModelFault(classOf(status, code, message), code, message, { retryAfterMs: saidInText(message) });
}

function answered(
  cause: unknown,
  { status, headers, error, message: whole, retryAfterMs: said }: Extract<Thrown, { kind: 'answered' }>,
  context: ErrorContext,
  say: (message: string) => string,
): ModelFault {
  if (status === undefined) {
    const { class: failureClass, code, message, retryAfterMs } = streamedFault(error);
    return new ModelFault(failureClass, code, say(`: ${message}`), { retryAfterMs: retryAfterMs ?? said, cause });
  }
  if (status >= 300 && status < 400) {
    const to = placeOf(headers?.get('location'));
    const message = ` answered ${status}, a redirect${to}, and redirects are not followed: set base_url to the address itself`;
    return new ModelFault('invalid_request', 'redirected', say(message), { cause });
  }
  const message = messageOf(error) ?? whole.replace(`${status} `, '');
  const code = codeOf(error);
  return new ModelFault(
    classOf(status, code ?? '', message),
    code ?? `http_${status}`,
    say(` answered ${status}: ${message}${code === undefined ? '' : ` (${code})`}`),
    { retryAfterMs: retryAfter(headers, context.now) ?? said ?? saidInText(message), cause },
  );
}

const NO_MONEY =
  /insufficient_quota|billing_hard_limit|billing_not_active|insufficient[_ ]balance|exceeded_current_quota|billing_error/;
const NO_MONEY_SAID = /credit balance is too low/i;
const TOO_LONG =
  /context_length_exceeded|context[_ ]window|maximum context|prompt is too long|input is too long|input token count|string_above_max_length/i;
const REFUSED = /content_filter|content_policy|invalid_prompt|cyber_policy|moderation|flagged/i;
const OVERLOADED = /server_error|api_error|overloaded|slow_down|unavailable|bad_gateway|internal/i;
const LIMITED = /^(rate_limit_exceeded|rate_limit_error|resource_exhausted)$/i;
const BAD_KEY = /^(invalid_api_key|authentication_error|permission_error|unauthenticated|permission_denied)$/i;
/** Google answers 400 to a wrong key. */
const BAD_KEY_SAID = /^api key (not valid|expired)/i;

/** @param status 0 when the error came within a reply. */
function classOf(status: number, code: string, message: string): ModelFailureClass {
  if (NO_MONEY.test(code) || NO_MONEY_SAID.test(message) || status === 402) return 'auth';
  if (TOO_LONG.test(code) || status === 413) return 'context_too_long';
  if (status === 429 || LIMITED.test(code)) return 'rate_limit';
  if (REFUSED.test(code) || (status === 403 && REFUSED.test(message))) return 'refused';
  if (status === 401 || status === 403 || BAD_KEY.test(code) || BAD_KEY_SAID.test(message)) return 'auth';
  if (status === 408 || code === 'timeout_error') return 'timeout';
  if (status >= 500 || status === 409 || status === 425 || OVERLOADED.test(code)) return 'overload';
  if (TOO_LONG.test(message)) return 'context_too_long';
  return 'invalid_request';
}

/** Milliseconds to wait: `retry-after-ms`, or `retry-after` in seconds or as a date. */
function retryAfter(headers: { get(name: string): string | null } | undefined, now: number): number | undefined {
  const ms = parse(headers?.get('retry-after-ms'));
  if (ms !== undefined) return Math.max(0, Math.round(ms));
  const text = headers?.get('retry-after');
  const seconds = parse(text);
  if (seconds !== undefined) return Math.max(0, Math.round(seconds * 1000));
  const date = /\bGMT$/.test(text ?? '') ? Date.parse(text!) : NaN; // of other texts a date would be made, too
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function parse(text: string | null | undefined): number | undefined {
  return text && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** Within a stream it is said only in words: "Please try again in 1.25s.", "Please retry in 34.07s." */
function saidInText(message: string): number | undefined {
  const [, amount, unit] = /(?:try again|retry) in (\d+(?:\.\d+)?) ?(ms|s)\b/.exec(message) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * (unit === 'ms' ? 1 : 1000));
}

function codeOf(error: unknown): string | undefined {
  const { code, type, status } = (typeof error === 'object' && error ? error : {}) as Record<string, unknown>;
  return [code, type, status].find((one) => typeof one === 'string' && /^[\w.:-]{1,64}$/.test(one)) as
    string | undefined;
}

/** `{message}`, `{detail}`, `{error}` or the text itself: services differ. */
function messageOf(error: unknown): string | undefined {
  if (typeof error === 'string' && error !== '') return error;
  const {
    message,
    detail,
    error: inner,
  } = (typeof error === 'object' && error ? error : {}) as Record<string, unknown>;
  return [message, detail, inner].find((one) => typeof one === 'string' && one !== '') as string | undefined;
}

/** Where to, without what may be secret in an address. */
function placeOf(location: string | null | undefined): string {
  const url = location ? URL.parse(location) : null;
  return url ? ` to ${url.origin}${url.pathname}` : '';
}

/** One line, without control characters, the key or more than a screen of a gateway's HTML. */
function clean(text: string, apiKey: string | undefined): string {
  const shown = apiKey === undefined ? text : text.replaceAll(apiKey, '[api key]');
  const line = shown.replace(/[\p{Cc}\s]+/gu, ' ').toWellFormed();
  return line.length > MESSAGE_CHARACTERS ? `${line.slice(0, MESSAGE_CHARACTERS)}…` : line;
}

function causeOf(thrown: unknown, wanted: (error: unknown) => boolean): unknown {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth++) {
    if (wanted(error)) return error;
  }
  return undefined;
}
