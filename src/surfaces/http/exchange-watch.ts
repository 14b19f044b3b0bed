/** What logs and metrics are told of requests: how each was answered, and nothing that its sender made up. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { ErrorCode } from '../../contract/errors.ts';

export interface HttpExchange extends Seen {
  request_id: string;
  method: string;
  /** 499: who asked had gone before there was an answer. */
  status: number;
  duration_ms: number;
}

/** What is learnt of a request on its way. */
export interface Seen {
  /** Its pattern; `other`: there is none. */
  route: string;
  /** The message that it was about. */
  event_id?: string;
  session_id?: string;
  /** Of the error that was answered. */
  code?: ErrorCode;
}

/** Told of every request: when it is known what it asks for, and when all is answered or its connection gone. */
export interface HttpObserver {
  began(route: string): void;
  /** `request`: for its headers; what stands there its sender made up. */
  ended(exchange: HttpExchange, request: IncomingMessage): void;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Tells of the request when it is over, with what stands in the result by then. */
export function watchExchange(
  request: IncomingMessage,
  response: ServerResponse,
  { clock, observer }: { clock: Clock; observer?: HttpObserver | undefined },
): Seen {
  const { method = '' } = request;
  const seen: Seen = { route: 'other' };
  const began = clock.now();
  response.once('close', () =>
    observer?.ended(
      {
        request_id: response.getHeader('x-request-id')?.toString() ?? '',
        method: METHODS.has(method) ? method : 'other',
        status: response.headersSent ? response.statusCode : 499,
        duration_ms: clock.now() - began,
        ...idsIn({ event_id: response.getHeader('x-event-id'), session_id: response.getHeader('x-session-id') }),
        ...seen,
      },
      request,
    ),
  );
  return seen;
}

/** What an answer says it is about. */
export function idsIn(answer: unknown): Pick<Seen, 'event_id' | 'session_id'> {
  const { event_id, session_id } = (answer ?? {}) as Record<string, unknown>;
  return {
    ...(typeof event_id === 'string' && { event_id }),
    ...(typeof session_id === 'string' && { session_id }),
  };
}
