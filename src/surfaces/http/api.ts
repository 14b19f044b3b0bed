/**
 * The HTTP API over a host, for every transport: the control socket, TCP. Who asks, and what they may, is for `authorize`
 * to say. It decides nothing and never throws: what goes wrong is answered as a problem.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import { type ErrorCode, RuntimeError } from '../../contract/errors.ts';
import type { Host } from '../../contract/host.ts';
import { problemIn, ProblemWith, send, sendProblem } from './answer.ts';
import {
  createEventStreams,
  type LiveSeq,
  type ReadEntries,
  STREAM_LIMITS,
  type StreamLimits,
} from './event-streams.ts';
import { createLongPoll } from './long-poll.ts';
import { invalid, readBody } from './read-body.ts';
import { type Call, type RoutePorts, ROUTES } from './routes.ts';

export interface ApiOptions {
  clock: Clock;
  ids: Ids;
  entries: ReadEntries;
  approval: RoutePorts['approval'];
  /** Gives the host as who asks may use it. @throws RuntimeError unauthenticated | role_not_allowed */
  authorize(request: IncomingMessage): Host | Promise<Host>;
  limits?: StreamLimits;
  liveSeq?: LiveSeq;
  observer?: ApiObserver;
  /** What `GET /metrics` answers; absent: there is nothing. */
  metrics?: RoutePorts['metrics'];
}

/** One request, without anything that its sender made up. */
export interface Exchange {
  request_id: string;
  method: string;
  /** As in the table of routes; `other`: in none. */
  route: string;
  /** 499: who asked had gone before there was an answer. */
  status: number;
  duration_ms: number;
  /** The message that it was about. */
  event_id?: string;
  session_id?: string;
  /** Of the error that was answered. */
  code?: ErrorCode;
}

/** Told of every request: when it is known what it asks for, and when all is answered or its connection gone. */
export interface ApiObserver {
  began(route: string): void;
  ended(exchange: Exchange): void;
}

export interface Api {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** From now on every request is refused, nobody waits any longer, and streams end (see `EventStreams.close`). */
  close(handover: boolean): void;
}

/** `host`: for what only reads. */
export function createApi(host: Host, options: ApiOptions): Api {
  const { clock, ids, entries, approval, authorize, observer, metrics, limits = STREAM_LIMITS, liveSeq } = options;
  const streams = createEventStreams(host, { clock, entries, limits, ...(liveSeq && { liveSeq }) });
  const longPoll = createLongPoll(host, clock);
  let closed = false;

  async function answer(request: IncomingMessage, response: ServerResponse, seen: Seen): Promise<void> {
    const asked = await authorize(request);
    if (closed) throw new RuntimeError('shutting_down', 'The program is about to end.');
    const { methods, path, id, query } = findRoute(request.url ?? '');
    seen.route = path;
    observer?.began(path);
    const handle = methods[request.method ?? ''];
    if (handle === undefined) {
      const error = new RuntimeError('method_not_allowed', `${request.method} is not possible here.`);
      throw new ProblemWith(error, { headers: { allow: Object.keys(methods).join(', ') } });
    }
    const call: Call = {
      id,
      query,
      lastEventId: request.headers['last-event-id']?.toString(),
      body: (validate) => readBody(request, validate),
      response,
      left: new Promise((resolve) => response.once('close', resolve)),
    };
    const ports = { host: asked, entries, approval, streams, longPoll, ...(metrics && { metrics }) };
    const found = await handle(ports, call);
    Object.assign(seen, idsIn(found?.body));
    if (found) send(response, found);
  }

  /** What is learnt of a request on its way; it is told when that is over. */
  function watch({ method = '' }: IncomingMessage, response: ServerResponse, request_id: string): Seen {
    const seen: Seen = { route: 'other' };
    const began = clock.now();
    response.once('close', () => {
      const status = response.headersSent ? response.statusCode : 499;
      const duration_ms = clock.now() - began;
      observer?.ended({ request_id, method: METHODS.has(method) ? method : 'other', status, duration_ms, ...seen });
    });
    return seen;
  }

  return {
    handle(request, response) {
      const requestId = `r-${ids.ulid()}`;
      response.setHeader('x-request-id', requestId);
      // Whoever waits for the connection sees its end; unheard, an error would end the program.
      request.on('error', () => {});
      response.on('error', () => {});
      const seen = watch(request, response, requestId);
      answer(request, response, seen).catch((error: unknown) => {
        seen.code = problemIn(error).code;
        if (response.headersSent) response.destroy();
        else sendProblem(request, response, error, requestId);
      });
    },
    close(handover) {
      closed = true;
      longPoll.close();
      streams.close(handover);
    },
  };
}

type Seen = Pick<Exchange, 'route' | 'event_id' | 'session_id' | 'code'>;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What an answer says it is about. */
function idsIn(body: unknown): Pick<Exchange, 'event_id' | 'session_id'> {
  const { event_id, session_id } = (body ?? {}) as Record<string, unknown>;
  return {
    ...(typeof event_id === 'string' && { event_id }),
    ...(typeof session_id === 'string' && { session_id }),
  };
}

const TABLE = Object.entries(ROUTES).map(([path, methods]) => ({ path, words: path.split('/'), methods }));

/** @throws RuntimeError invalid_request | not_found */
function findRoute(url: string): Pick<(typeof TABLE)[number], 'path' | 'methods'> & Pick<Call, 'id' | 'query'> {
  const [path = ''] = url.split('?', 1);
  const words = path.split('/');
  const found = TABLE.find(
    (route) =>
      route.words.length === words.length &&
      route.words.every((word, index) => (word === ':id' ? words[index] !== '' : word === words[index])),
  );
  if (!found) throw new RuntimeError('not_found', `There is nothing at ${path.slice(0, 200)}.`);
  const id = words[found.words.indexOf(':id')] ?? '';
  const { methods } = found;
  return { path: found.path, methods, id: decoded(id), query: new URLSearchParams(url.slice(path.length)) };
}

function decoded(word: string): string {
  let id: string;
  try {
    id = decodeURIComponent(word);
  } catch {
    throw invalid('The path is not valid.');
  }
  if (id.length <= LONGEST_ID) return id;
  throw invalid('The id is too long.');
}

const LONGEST_ID = 256;
