/**
 * The HTTP API over a host, for every transport: the control socket, TCP. Who asks, and what they may, is for `authorize`
 * to say. It decides nothing and never throws: what goes wrong is answered as a problem.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Host } from '../../contract/host.ts';
import { type Principal, requireRole, requireSource } from '../../engine/principal.ts';
import { problemIn, ProblemWith, refusalIn, send, sendProblem } from './answer.ts';
import {
  createEventStreams,
  type LiveSeq,
  type ReadEntries,
  STREAM_LIMITS,
  type StreamLimits,
} from './event-streams.ts';
import { type HttpObserver, idsIn, type Seen, watchExchange } from './exchange-watch.ts';
import { hidePaths } from './hide-paths.ts';
import { createLongPoll } from './long-poll.ts';
import { invalid, readBody, SHORT_BODY_BYTES } from './read-body.ts';
import { type Call, type RoutePorts, ROUTES } from './routes.ts';

/** Who asks, and the host as they may use it. */
export interface Asked {
  by: Principal;
  host: Host;
}

export interface ApiOptions {
  clock: Clock;
  ids: Ids;
  entries: ReadEntries;
  approval: RoutePorts['approval'];
  usage: RoutePorts['usage'];
  /** @throws RuntimeError unauthenticated | role_not_allowed */
  authorize(request: IncomingMessage): Asked | Promise<Asked>;
  /** Told who was refused: see `refusalIn`. */
  onRefused?(request: IncomingMessage, error: RuntimeError): void;
  /** Told the whole of an error of which who asked was told less: see `hidePaths`. */
  onHidden?(request_id: string, error: RuntimeError): void;
  limits?: StreamLimits;
  liveSeq?: LiveSeq;
  observer?: HttpObserver;
  /** What `GET /metrics` answers; absent: there is nothing. */
  metrics?: RoutePorts['metrics'];
}

export interface Api {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** From now on every request is refused, nobody waits any longer, and streams end (see `EventStreams.close`). */
  close(handover: boolean): void;
}

/** `host`: for what only reads. */
export function createApi(host: Host, options: ApiOptions): Api {
  const { clock, ids, entries, approval, usage, authorize, onRefused, onHidden, observer, metrics } = options;
  const { limits = STREAM_LIMITS, liveSeq } = options;
  const streams = createEventStreams(host, { clock, entries, limits, ...(liveSeq && { liveSeq }) });
  const longPoll = createLongPoll(host, clock);
  let closed = false;

  async function answerTo(
    { by, host: asked }: Asked,
    request: IncomingMessage,
    response: ServerResponse,
    seen: Seen,
  ): Promise<void> {
    if (closed) throw new RuntimeError('shutting_down', 'The program is about to end.');
    const { methods, path, id, query } = findRoute(request.url ?? '');
    seen.route = path;
    observer?.began(path);
    const { method = '' } = request;
    const handle = methods[method === 'HEAD' ? 'GET' : method];
    if (handle === undefined) {
      const headers = { allow: allowed(methods) };
      if (method === 'OPTIONS') return send(response, { status: 204, headers });
      throw new ProblemWith(new RuntimeError('method_not_allowed', `${method} is not possible here.`), { headers });
    }
    const call: Call = {
      id,
      query,
      lastEventId: request.headers['last-event-id']?.toString(),
      body(validate, { act, mostBytes = SHORT_BODY_BYTES }) {
        if (act) requireRole(by, act);
        return readBody(request, validate, mostBytes);
      },
      mayRead: (act) => requireRole({ actor: by.actor, via: by.via }, act), // who only reads may be a tool
      mayName: (source) => requireSource(by, source),
      response,
      left: new Promise((resolve) => response.once('close', resolve)),
    };
    const ports = { host: asked, entries, approval, usage, streams, longPoll, ...(metrics && { metrics }) };
    const found = await handle(ports, call);
    Object.assign(seen, idsIn(found?.body));
    if (found) send(response, found);
  }

  return {
    handle(request, response) {
      const requestId = `r-${ids.ulid()}`;
      response.setHeader('x-request-id', requestId);
      // Whoever waits for the connection sees its end; unheard, an error would end the program.
      request.on('error', () => {});
      response.on('error', () => {});
      const seen = watchExchange(request, response, { clock, observer });
      const answer = async (): Promise<void> => {
        const asked = await authorize(request);
        await answerTo(asked, request, response, seen).catch((thrown: unknown) => {
          throw hidePaths(thrown, asked.by.actor, (whole) => onHidden?.(requestId, whole));
        });
      };
      answer().catch((error: unknown) => {
        seen.code = problemIn(error).code;
        const refusal = refusalIn(error);
        if (refusal) onRefused?.(request, refusal);
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

function allowed(methods: object): string {
  const names = Object.keys(methods);
  return [...names, ...(names.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
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
