import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import type { Thrown } from '../reply/faults.ts';

export function readThrown(thrown: unknown): Thrown | undefined {
  if (thrown instanceof APIUserAbortError) return { kind: 'aborted' };
  if (thrown instanceof APIConnectionTimeoutError) return { kind: 'timeout' };
  if (thrown instanceof APIConnectionError) return { kind: 'unreached', message: thrown.message };
  if (!(thrown instanceof APIError)) return undefined;
  const { status, headers, error, message } = thrown;
  return { kind: 'answered', status, headers, error, message };
}
