/**
 * What the SDK gets as its `fetch`: a POST over node:http on kept connections, and a reply whose body it can iterate.
 * Global fetch would load undici, http2 and web streams: 20 ms and 14 MB. Against it this differs in that it has limits
 * (connecting, silence, size of an event), keeps the digest of the bytes, and follows no redirect, so that a key goes
 * where it was meant for only. transport.test.ts holds both against one another.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Clock } from '../../../base/clock.ts';
import { ModelFault } from '../reply/fault.ts';
import type { Routes } from './routes.ts';
import { createDeadline } from './deadline.ts';
import { type ReplyBody, readBody } from './reply-body.ts';

export interface TransportOptions {
  clock: Clock;
  routes: Routes;
  connectTimeoutMs: number;
  /** Longest wait for the reply to begin, and between two pieces of it. */
  idleTimeoutMs: number;
}

/** As much of the web's RequestInit as the SDK uses. */
export interface RequestInit {
  method?: string;
  headers?: Iterable<readonly [string, string]>;
  body?: string;
  signal?: AbortSignal | null;
}

/** As much of the web's Response as the SDK uses. */
export interface Reply {
  ok: boolean;
  status: number;
  statusText: string;
  url: string;
  headers: { get(name: string): string | null; entries(): IterableIterator<[string, string]> };
  body: ReplyBody;
  /** The body as text, at most 64 KiB of it. */
  text(): Promise<string>;
}

export type Transport = (url: string | URL, init?: RequestInit) => Promise<Reply>;

/** Of a body that isn't streamed, an error's, this much is read. */
const TEXT_BYTES = 64 * 1024;

/** @throws ModelFault timeout | network | malformed, also while the body is read; an AbortError after an abort. */
export function createTransport({ clock, routes, connectTimeoutMs, idleTimeoutMs }: TransportOptions): Transport {
  return (address, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(address);
      const signal = init.signal ?? undefined;
      if (signal?.aborted) return reject(abortError());

      const { request: open, agent } = routes(url);
      const body = init.body === undefined ? undefined : Buffer.from(init.body); // measured and sent, encoded once
      const request = open(url, { agent, ...requestOptions(init, body) }); // may throw: nothing waits yet

      let connected = false;
      let response: IncomingMessage | undefined;
      let stopped: Error | undefined;
      const stop = (reason: Error): void => {
        stopped ??= reason;
        finish();
        (response ?? request).destroy(reason);
      };
      const abort = (): void => stop(abortError());
      const deadline = createDeadline(clock, () =>
        stop(connected ? silent(idleTimeoutMs) : unreached(url, connectTimeoutMs)),
      );
      const finish = (): void => {
        deadline.clear();
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort);
      deadline.within(connectTimeoutMs);

      onceConnected(request, () => {
        connected = true;
        deadline.within(idleTimeoutMs);
      });
      request.once('finish', () => connected && deadline.within(idleTimeoutMs));
      const lost = (error: NodeJS.ErrnoException): void => {
        if (response) return; // the body reports it
        finish();
        reject(stopped ?? connectionFault(url, connected, error));
      };
      request.on('error', lost);
      // Where a service changes the protocol, which nobody asked for, Node closes without an error.
      request.once('close', () => lost(new Error('no reply came')));
      request.once('response', (incoming) => {
        response = incoming;
        const replyBody = readBody(incoming, {
          waiting: (ms = idleTimeoutMs) => deadline.within(ms),
          finish,
          broken: (error) =>
            stopped ??
            new ModelFault('network', 'stream_cut', `the reply broke off (${reasonOf(error)})`, { cause: error }),
        });
        resolve(replyOf(url, incoming, replyBody));
      });
      request.end(body);
    });
}

function requestOptions({ method, headers }: RequestInit, body: Buffer | undefined): RequestOptions {
  return {
    method: method ?? 'GET',
    headers: {
      ...Object.fromEntries(headers ?? []),
      'accept-encoding': 'identity', // events are small; what comes compressed all the same is read
      ...(body !== undefined && { 'content-length': body.length }),
    },
  };
}

/** A socket from the agent may be new, or kept; and TLS has its handshake after the connection. */
function onceConnected(request: ClientRequest, then: () => void): void {
  request.once('socket', (socket) => {
    if (!socket.connecting && !('secureConnecting' in socket && socket.secureConnecting)) then();
    else socket.once('secureConnecting' in socket ? 'secureConnect' : 'connect', then);
  });
}

function replyOf(url: URL, incoming: IncomingMessage, body: ReplyBody): Reply {
  const status = incoming.statusCode!;
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: incoming.statusMessage!,
    url: url.href,
    headers: {
      get: (name) => joined(incoming.headers[name.toLowerCase()]) ?? null,
      entries: () =>
        Object.entries(incoming.headers)
          .map(([name, value]): [string, string] => [name, joined(value)!])
          .values(),
    },
    body,
    async text() {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of body) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= TEXT_BYTES) break;
      }
      return Buffer.concat(chunks).toString('utf8', 0, TEXT_BYTES);
    },
  };
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

/** By this name the SDK knows that it was an abort. */
function abortError(): Error {
  return Object.assign(new Error('The request was stopped.'), { name: 'AbortError' });
}

function unreached(url: URL, ms: number): ModelFault {
  return new ModelFault('timeout', 'connect_timeout', `no connection to ${url.host} within ${ms / 1000} s`);
}

function silent(ms: number): ModelFault {
  return new ModelFault('timeout', 'idle_timeout', `nothing came for ${ms / 1000} s`);
}

function connectionFault(url: URL, connected: boolean, error: NodeJS.ErrnoException): ModelFault {
  const reason = `${reasonOf(error)}${otherPlace(url, error)}`;
  if (connected) {
    return new ModelFault('network', 'connection_lost', `the connection to ${url.host} was lost (${reason})`, {
      cause: error,
    });
  }
  return new ModelFault('network', 'connection_failed', `no connection to ${url.host} (${reason})`, { cause: error });
}

/** Who was it that could not be reached, where that is not the service itself: a proxy. */
function otherPlace(url: URL, error: Error): string {
  const { hostname, address, port } = error as Error & { hostname?: string; address?: string; port?: number };
  if (hostname !== undefined && hostname !== url.hostname) return ` of the proxy ${hostname}`;
  const own = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return port !== undefined && port !== own ? ` at the proxy ${address}:${port}` : '';
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
