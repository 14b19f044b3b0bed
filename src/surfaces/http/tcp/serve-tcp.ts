/** Serves a hub's API on TCP, to whoever has a token. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Host } from '../../../contract/host.ts';
import type { Actor } from '../../../contract/values.ts';
import type { Hub } from '../../../engine/hub/hub.ts';
import type { Principal } from '../../../engine/principal.ts';
import { type Answer, send } from '../answer.ts';
import { createApi, type ApiOptions } from '../api.ts';
import { lateOpenai } from '../openai/late-openai.ts';
import type { OpenaiOptions } from '../openai/openai-api.ts';
import { watchExchange } from '../exchange-watch.ts';
import { createHttpServer, type ServerLimits } from '../server.ts';
import type { Health } from './health.ts';
import { listen } from './listen.ts';
import { mostConnections } from './most-connections.ts';
import { refuseForeignPages } from './origin.ts';
import { createRefuseTools } from './refuse-tools.ts';
import { watchReaders } from './readers.ts';
import type { Refusal } from './refusals.ts';
import { createsTls, type Tls } from './tls.ts';

export interface TcpOptions extends Omit<ApiOptions, 'authorize' | 'onRefused'> {
  hub: Host & Pick<Hub, 'as' | 'liveSeq'>;
  host: string;
  port: number;
  /** Names by which it may be asked, beside addresses and `localhost`. */
  allowedHosts: readonly string[];
  /** It speaks TLS alone then. */
  tls?: Tls;
  /** @throws RuntimeError unauthenticated | store_unavailable */
  actorOf(request: IncomingMessage): Actor;
  version: string;
  models: OpenaiOptions['models'];
  health: Health;
  onRefused(refusal: Refusal): void;
  /** Gives the host for a request, so that what comes through it belongs to the request's trace. */
  traced?(request: IncomingMessage, host: Host): Host;
  serverLimits?: ServerLimits;
  silenceMs?: number;
}

export interface TcpServer {
  url: string;
  /** Refuses all further requests, and ends streams. Resolves when connections are closed. */
  close(handover: boolean): Promise<void>;
}

const LIMITS: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 60_000,
  checkEveryMs: 1000,
};
/** How long readers may take what is on its way to them. */
const FLUSH_MS = 1000;
/** An answer of which so long nobody takes anything is given up: it would stay in memory. */
const SILENCE_MS = 120_000;

/** @throws RuntimeError port_taken | no_permission | usage */
export async function serveTcp(options: TcpOptions): Promise<TcpServer> {
  const { hub, host, port, actorOf, ids, clock, health, onRefused, traced, tls } = options;
  const { serverLimits = LIMITS, silenceMs = SILENCE_MS } = options;
  const tools = createRefuseTools();
  const allowed = options.allowedHosts.map((name) => name.toLowerCase());
  const access: Required<Pick<ApiOptions, 'authorize' | 'onRefused'>> = {
    authorize(request) {
      refuseForeignPages(request, allowed);
      const { socket } = request;
      const by: Principal = { actor: actorOf(request), via: 'http', refuseTools: () => tools.refuse(socket) };
      const host = hub.as(by);
      const asked = { by, host: traced?.(request, host) ?? host };
      // Who only reads needn't be known.
      const looked = request.method === 'GET' || request.method === 'HEAD' ? undefined : tools.look(socket);
      return looked?.then(() => asked) ?? asked;
    },
    onRefused(request, { message }) {
      const [path] = request.url!.split('?', 1); // what stands behind it may be a secret
      onRefused({ what: `${request.method} ${path}`, why: message, by: nameOf(request, actorOf) });
    },
  };
  const api = createApi(hub, { ...options, ...access, liveSeq: hub.liveSeq });
  const openai = lateOpenai(hub, { ...options, ...access });
  const readers = watchReaders(actorOf, clock);
  const open: Record<string, () => Answer> = { '/health': health.health, '/readyz': health.ready };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url = '' } = request;
    const [path = ''] = url.split('?', 1);
    const answer = method === 'GET' || method === 'HEAD' ? Object.hasOwn(open, path) && open[path] : undefined;
    if (answer) return send(response, answer());
    readers.watch(request, response);
    const route = openai.route(url);
    if (route === undefined) return api.handle(request, response);
    watchExchange(request, response, { clock, observer: options.observer }).route = route;
    openai.handle(request, response);
  };
  const server = createHttpServer(handle, ids, serverLimits, tls && (await createsTls(tls)));
  server.maxConnections = mostConnections();
  server.setTimeout(silenceMs, (socket) => {
    if (socket.writableLength > 0) socket.destroy();
  });
  // The server itself knows of none that hasn't come to its first byte of HTTP, as in the middle of a TLS handshake.
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  await listen(server, host, port);
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    async close(handover) {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      api.close(handover);
      openai.close();
      readers.close();
      server.closeIdleConnections();
      const cut = clock.at(clock.now() + FLUSH_MS, () => connections.forEach((socket) => socket.destroy()));
      await ended;
      cut();
    },
  };
}

/** The name of the token, where there is one that is known. */
function nameOf(request: IncomingMessage, actorOf: TcpOptions['actorOf']): string {
  try {
    return actorOf(request).id;
  } catch {
    return request.socket.remoteAddress ?? 'unknown';
  }
}
