import { ApiError } from '@google/genai/web';
import type { Thrown } from '../reply/faults.ts';
import { Refusal } from './sdk-fetch.ts';

export function readThrown(thrown: unknown): Thrown | undefined {
  if (thrown instanceof Refusal) {
    const error = errorIn(thrown.body);
    const { status, headers } = thrown.reply;
    return { kind: 'answered', status, headers, error, message: thrown.body || 'no body', ...retryIn(error) };
  }
  if (thrown instanceof ApiError) {
    // An error among the events; its JSON stands at the end of the message.
    const { message } = thrown;
    const error = errorIn(message.slice(message.indexOf('{')));
    return { kind: 'answered', status: undefined, headers: undefined, error, message, ...retryIn(error) };
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') return { kind: 'aborted' };
  return undefined;
}

/** Of a body, `{error: {code, message, status, details}}` (google.rpc.Status), what stands in `error`. */
function errorIn(body: string): unknown {
  try {
    const parsed = JSON.parse(body) as unknown;
    const whole: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    return typeof whole === 'object' && whole !== null && 'error' in whole ? whole.error : whole;
  } catch {
    return body;
  }
}

/** `google.rpc.RetryInfo` among the details: "34.07s". */
function retryIn(error: unknown): { retryAfterMs?: number } {
  const { details } = (typeof error === 'object' && error ? error : {}) as { details?: unknown };
  for (const { retryDelay } of (Array.isArray(details) ? details : []) as { retryDelay?: unknown }[]) {
    const [, seconds] = typeof retryDelay === 'string' ? (/^(\d+(?:\.\d+)?)s$/.exec(retryDelay) ?? []) : [];
    if (seconds !== undefined) return { retryAfterMs: Math.round(Number(seconds) * 1000) };
  }
  return {};
}
