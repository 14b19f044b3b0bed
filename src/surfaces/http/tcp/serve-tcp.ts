/** Serves a hub's API on TCP, to whoever has a token. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RuntimeError } from '../../../contract/errors.ts';
import type { Host } from '../../../contract/host.ts';
import type { Actor } from '../../../contract/values.ts';
import type { Hub } from '../../../engine/hub/hub.ts';
import { send } from '../answer.ts';
import { createApi, type ApiOptions } from '../api.ts';
import { lateOpenai } from '../openai/late-openai.ts';
import type { OpenaiOptions } from '../openai/openai-api.ts';
import { watchExchange } from '../exchange-watch.ts';
import { createHttpServer, type ServerLimits } from '../server.ts';
import { refuseForeignPages } from './origin.ts';

export interface TcpOptions extends Omit<ApiOptions, 'authorize'> {
  hub: Hub;
  host: string;
  port: number;
  /** @throws RuntimeError unauthenticated */
  actorOf(request: IncomingMessage): Actor;
  version: string;
  models: OpenaiOptions['models'];
}

export interface TcpServer {
  url: string;
  /** From now on it says that it isn't ready. What is asked is still answered, as far as the host does. */
  announceStop(): void;
  /** Refuses all further requests, and ends streams. Resolves when connections are closed. */
  close(handover: boolean): Promise<void>;
}

const LIMITS: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 60_000,
  checkEveryMs: 5000,
};
/** How long readers may take what is on its way to them. */
const FLUSH_MS = 1000;
const MOST_CONNECTIONS = 5000;

/** @throws RuntimeError port_taken | no_permission */
export async function serveTcp(options: TcpOptions): Promise<TcpServer> {
  const { hub, host, port, actorOf, ids, clock, version } = options;
  const authorize = (request: IncomingMessage): Host => {
    refuseForeignPages(request);
    return hub.as({ actor: actorOf(request), via: 'http' });
  };
  const api = createApi(hub, { ...options, liveSeq: hub.liveSeq, authorize });
  const openai = lateOpenai(hub, { ...options, authorize });
  let stopping = false;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const route = openai.route(request.url);
    if (route !== undefined) {
      watchExchange(request, response, { clock, observer: options.observer }).route = route;
      return openai.handle(request, response);
    }
    if (request.method !== 'GET') return api.handle(request, response);
    if (request.url === '/health') return send(response, { status: 200, body: { status: 'ok', version } });
    if (request.url === '/readyz') {
      return send(response, { status: stopping ? 503 : 200, body: { status: stopping ? 'stopping' : 'ready' } });
    }
    api.handle(request, response);
  };
  const server = createHttpServer(handle, ids, LIMITS);
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    announceStop: () => void (stopping = true),
    async close(handover) {
      stopping = true;
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      api.close(handover);
      openai.close();
      server.closeIdleConnections();
      const cut = clock.at(clock.now() + FLUSH_MS, () => server.closeAllConnections());
      await ended;
      cut();
    },
  };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): RuntimeError {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return new RuntimeError('port_taken', `Another program listens on ${where}.`, { cause: error });
  }
  if (error.code === 'EACCES')
    return new RuntimeError('no_permission', `${where} may not be listened on.`, { cause: error });
  return new RuntimeError('usage', `${where} can't be listened on: ${error.message}.`, { cause: error });
}
