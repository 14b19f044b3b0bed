/** How a request is answered: JSON, nothing, or a problem. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Problem } from '../../contract/answers.ts';
import { type ErrorCode, RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import { httpStatus } from '../../contract/http-status.ts';
import { leaveBody } from './leave-body.ts';

export interface Answer {
  status: number;
  /** Absent: no body. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** A problem with more than its error says. */
export class ProblemWith extends Error {
  readonly error: RuntimeError;
  readonly further: { body?: object; headers?: Record<string, string> };

  constructor(error: RuntimeError, further: ProblemWith['further']) {
    super(error.message, { cause: error });
    this.error = error;
    this.further = further;
  }
}

/** How long a client should wait before it asks again what can't be done now (s). */
const RETRY_AFTER_S = 1;

export function send(response: ServerResponse, { status, body, headers }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(body));
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers }).end(bytes);
}

export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  thrown: unknown,
  requestId: string,
): void {
  const error = problemIn(thrown);
  const further: ProblemWith['further'] = thrown instanceof ProblemWith ? thrown.further : {};
  const problem = problemOf(error, requestId);
  const { status } = problem;
  const headers = {
    ...((status === 503 || status === 429) && { 'retry-after': String(RETRY_AFTER_S) }),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...leaveBody(request),
    ...further.headers,
  };
  send(response, { status, body: { ...problem, ...further.body }, headers });
}

/** The error that is answered, whatever was thrown. */
export function problemIn(thrown: unknown): RuntimeError {
  return thrown instanceof ProblemWith ? thrown.error : toRuntimeError(thrown);
}

export function problemOf(error: RuntimeError, request_id: string): Problem {
  const status = httpStatus[error.code];
  return {
    type: 'about:blank',
    title: STATUS_CODES[status]!,
    status,
    code: error.code,
    detail: error.message,
    next: error.next,
    request_id,
  };
}

const REFUSALS = new Set<ErrorCode>(['unauthenticated', 'role_not_allowed', 'caller_is_tool']);

/** What was thrown, when it says that who asks may not. */
export function refusalIn(thrown: unknown): RuntimeError | undefined {
  const error = thrown instanceof ProblemWith ? thrown.error : thrown;
  if (!(error instanceof RuntimeError)) return undefined;
  return REFUSALS.has(error.code) ? error : undefined;
}
