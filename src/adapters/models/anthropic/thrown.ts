import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import type { Thrown } from '../reply/faults.ts';

export function readThrown(thrown: unknown): Thrown | undefined {
  if (thrown instanceof APIUserAbortError) return { kind: 'aborted' };
  if (thrown instanceof APIConnectionTimeoutError) return { kind: 'timeout' };
  if (thrown instanceof APIConnectionError) return { kind: 'unreached', message: thrown.message };
  if (!(thrown instanceof APIError)) return undefined;
  const { status, headers, message } = thrown;
  return { kind: 'answered', status, headers, error: innerError(thrown.error), message };
}

/** Of the body, `{type: "error", error: {type, message}}`, what stands in `error`. */
function innerError(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'error' in body ? body.error : body;
}
