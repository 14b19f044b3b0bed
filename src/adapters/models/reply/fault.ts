import type { ModelFailure } from '../../../contract/messages.ts';
import type { ModelFailureClass, Usage } from '../../../contract/values.ts';

/** Why a model could not answer, thrown inside an adapter only: `ask` gives it back as a value. */
export class ModelFault extends Error {
  readonly class: ModelFailureClass;
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    failureClass: ModelFailureClass,
    code: string,
    message: string,
    details: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ModelFault';
    this.class = failureClass;
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** No service says for how long more: what is meant is "not now". */
const LONGEST_WAIT_MS = 30 * 24 * 60 * 60 * 1000;

/** Codes are words: what a service writes there in their place is none. */
const CODE = /^[\w.:-]{1,64}$/;

/** Of a failed reply's text this much is kept. */
const PARTIAL_CHARACTERS = 64 * 1024;

/** The failure as a value, with what is known of the reply so far. */
export function failureOf(
  fault: Pick<ModelFault, 'class' | 'code' | 'message' | 'retryAfterMs'>,
  sofar: { usage?: Usage | undefined; partial?: string } = {},
): ModelFailure {
  const partial = sofar.partial?.slice(0, PARTIAL_CHARACTERS).toWellFormed();
  return {
    ok: false,
    class: fault.class,
    code: CODE.test(fault.code) ? fault.code : 'other',
    message: fault.message,
    ...(fault.retryAfterMs !== undefined && { retry_after_ms: Math.min(fault.retryAfterMs, LONGEST_WAIT_MS) }),
    ...(sofar.usage && { usage: sofar.usage }),
    ...(partial && { partial }),
  };
}

/** What every adapter answers when its caller has stopped the request. */
export function abortFault(): ModelFault {
  return new ModelFault('aborted', 'aborted', 'The request was stopped.');
}
