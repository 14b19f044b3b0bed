/** What went wrong, in the shape and with the status that OpenAI's clients make their errors of. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RuntimeError, toRuntimeError, type ErrorCode } from '../../../contract/errors.ts';
import type { EventStatus } from '../../../contract/host.ts';
import { httpStatus } from '../../../contract/http-status.ts';
import type { TurnReason } from '../../../contract/values.ts';
import { ProblemWith, send } from '../answer.ts';
import { leaveBody } from '../leave-body.ts';
import { invalid } from '../read-body.ts';

export interface OpenaiError {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** An error with its HTTP status. */
export interface Failure {
  status: number;
  error: OpenaiError;
  headers?: Record<string, string>;
}

/** Where clients know a code of OpenAI's. */
const THEIR_CODES: Partial<Record<ErrorCode, string>> = { unauthenticated: 'invalid_api_key' };

/** Clients repeat these by themselves; a turn that ended, or a conflict, comes out the same. */
const AGAIN_STATUSES = [429, 503];
const NOT_AGAIN = { 'x-should-retry': 'false' };
const RETRY_AFTER_S = 1;
/** A parameter's name may be the caller's own. */
const LONGEST_PARAM = 200;

/** The status of a request whose turn ended so. */
const REASON_STATUS: Partial<Record<TurnReason, number>> = {
  budget_exceeded: 429,
  timeout: 504,
  unavailable: 503,
  denied: 403,
  canceled: 409,
  interrupted: 409,
};

/** Refuses a request for what a parameter holds. */
export function refused(param: string, message: string, code = 'unsupported_parameter'): ProblemWith {
  return new ProblemWith(invalid(message), { body: { param: param.slice(0, LONGEST_PARAM), code } });
}

/** @returns what was thrown, in their shape */
export function failureOf(thrown: unknown): Failure {
  const { error, further } =
    thrown instanceof ProblemWith ? thrown : { error: toRuntimeError(thrown), further: {} as ProblemWith['further'] };
  const status = httpStatus[error.code];
  const code = THEIR_CODES[error.code] ?? error.code;
  return {
    status,
    error: { message: `${error.message} ${error.next}`, type: typeOf(status), param: null, code, ...further.body },
    headers: {
      ...(AGAIN_STATUSES.includes(status) ? { 'retry-after': String(RETRY_AFTER_S) } : NOT_AGAIN),
      ...further.headers,
    },
  };
}

/** How a message failed that was worked on. Clients don't send it again by themselves. */
export function turnFailure({ event_id, status, reason, code, text }: EventStatus): Failure {
  const http = (reason && REASON_STATUS[reason]) ?? 500;
  const words =
    text === undefined || text === '' ? `The turn of message ${event_id} ended: ${reason ?? status}.` : text;
  return {
    status: http,
    error: { message: words, type: typeOf(http), param: null, code: code ?? reason ?? status },
    headers: NOT_AGAIN,
  };
}

/** The message is durable, and what becomes of it isn't known yet: sent again it would be worked on twice. */
export function unsettled(event_id: string): Failure {
  const message = `Message ${event_id} is accepted and not done: ask for it with GET /v1/events/${event_id}.`;
  return { status: 503, error: { message, type: typeOf(503), param: null, code: 'not_done' }, headers: NOT_AGAIN };
}

/** An error behind the accept. */
export function afterAccept(thrown: unknown, event_id: string): Failure {
  if (thrown instanceof RuntimeError && thrown.code === 'shutting_down') return unsettled(event_id);
  return { ...failureOf(thrown), headers: NOT_AGAIN };
}

export function sendFailure(
  request: IncomingMessage,
  response: ServerResponse,
  { status, error, headers }: Failure,
): void {
  send(response, {
    status,
    body: { error },
    headers: { 'content-type': 'application/json', ...leaveBody(request), ...headers },
  });
}

function typeOf(status: number): string {
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
