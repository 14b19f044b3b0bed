/**
 * A model service on the loopback, whatever it speaks: it answers from a queue of replies, records requests, and can fail
 * in the ways in which services fail.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip, type Gzip, gzipSync } from 'node:zlib';
import type { MockReply } from './mock-reply.ts';

export interface MockRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** Parsed JSON, or the text where it is none. */
  body: unknown;
  bytes: number;
  /** ms UTC of the head's arrival, to parts of one. */
  arrivedAt: number;
  /** Number of the connection, from 1. */
  connection: number;
  /** Bytes of the reply's body that were written; still growing while it is sent. */
  sent: number;
  /** Resolves when the reply has ended, or its connection is gone. */
  over: Promise<'ended' | 'gone'>;
}

/** An answer other than events. */
export interface MockRefusal {
  status: number;
  body: object;
}

type Answer = MockReply | ((request: MockRequest) => MockReply);

/** What a service speaks. */
export interface MockFormat {
  /** After the origin, in the base URL. */
  base: string;
  /** The name of the header with the request's id. */
  idHeader: string;
  /** Refuses what the real service would; undefined: it takes the request. */
  refuse(request: MockRequest): MockRefusal | undefined;
  /** The reply's events, each as the text that goes over the wire. */
  events(request: MockRequest, reply: MockReply): string[];
  /** The body of an error without one of its own. */
  error(status: number): object;
  /** Answers to GET, by path. */
  pages?: Record<string, object>;
}

export interface MockService {
  /** The base URL. */
  url: string;
  requests: MockRequest[];
  /** Queues replies. One may be a function of the request. */
  reply(...replies: Answer[]): void;
  /** Lets the replies go on that hold. */
  release(): void;
  close(): Promise<void>;
}

export interface MockOptions {
  port?: number;
  replies?: MockReply[];
  /** When the queue is empty. Default: 400, so that nobody retries. */
  fallback?: Answer;
}

const EMPTY: MockReply = {
  status: 400,
  body: { error: { message: 'the mock has no reply left', code: 'mock_empty' } },
};

export async function startMockService(
  format: MockFormat,
  { port = 0, replies = [], fallback = EMPTY }: MockOptions = {},
): Promise<MockService> {
  const queue: Answer[] = [...replies];
  const requests: MockRequest[] = [];
  const connections = new Map<Socket, number>();
  let hold = Promise.withResolvers<void>();
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing).catch(() => incoming.destroy()));
  server.on('connection', (socket) => connections.set(socket, connections.size + 1));

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    outgoing.on('error', () => undefined); // a client that left is no error of ours
    const arrivedAt = performance.timeOrigin + performance.now(); // finer than Date.now
    const text = await readText(incoming);
    const path = incoming.url ?? '/';
    if (path === '/_requests') return sendJson(outgoing, 200, requests);
    if (path === '/_replies') {
      queue.push(...(JSON.parse(text) as MockReply[]));
      return sendJson(outgoing, 200, { queued: queue.length });
    }
    const page = format.pages?.[path];
    if (page) return sendJson(outgoing, 200, page);
    const request: MockRequest = {
      method: incoming.method ?? 'GET',
      path,
      headers: incoming.headers,
      body: parse(text),
      bytes: Buffer.byteLength(text),
      arrivedAt,
      connection: connections.get(incoming.socket)!,
      sent: 0,
      over: new Promise((resolve) =>
        outgoing.once('close', () => resolve(outgoing.writableFinished ? 'ended' : 'gone')),
      ),
    };
    requests.push(request);
    const refusal = format.refuse(request);
    if (refusal) return sendJson(outgoing, refusal.status, refusal.body);
    const next = queue.shift() ?? fallback;
    await answer(format, request, typeof next === 'function' ? next(request) : next, outgoing, () => hold.promise);
  };

  await listen(server, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}${format.base}`,
    requests,
    reply: (...more) => void queue.push(...more),
    release() {
      hold.resolve();
      hold = Promise.withResolvers();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  format: MockFormat,
  request: MockRequest,
  reply: MockReply,
  outgoing: ServerResponse,
  released: () => Promise<void>,
): Promise<void> {
  if (reply.headDelayMs) await delay(reply.headDelayMs);
  if (reply.hangHead) return;
  if (reply.cutHead) return void outgoing.socket?.destroy();
  const status = reply.status ?? 200;
  const headers = { [format.idHeader]: 'req_mock', ...reply.headers };
  if (status !== 200) return sendFailure(outgoing, status, headers, { ...reply, body: reply.body ?? format.error(status) });
  outgoing.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    ...(reply.gzip && { 'content-encoding': 'gzip' }),
    ...headers,
  });
  if (reply.cutAfter === 0 && reply.raw === undefined) outgoing.flushHeaders();
  const write = writer(request, outgoing, reply.gzip === true);
  if (reply.raw !== undefined) {
    if (!(await sendRaw(write, reply.raw, reply.repeat ?? 1))) return;
    if (reply.cutAfter !== undefined) return void outgoing.socket?.destroy();
  } else {
    for (const [index, event] of format.events(request, reply).entries()) {
      if (index === reply.cutAfter) return void outgoing.socket?.destroy();
      if (index === reply.hangAfter) return;
      if (index === reply.holdAfter) await released();
      if (index === reply.endAfter) break;
      if (reply.delayMs) await delay(reply.delayMs);
      if (!(await write(event))) return;
    }
  }
  if (!reply.linger) await write(null);
} // prettier-ignore

type Write = (text: string | null) => Promise<boolean>;

/** Writes at the reader's pace; null ends the reply. False when the reader is gone. */
function writer(request: MockRequest, outgoing: ServerResponse, gzip: boolean): Write {
  const target = gzip ? createGzip() : outgoing;
  if (target !== outgoing) target.pipe(outgoing);
  return async (text) => {
    if (outgoing.destroyed) return false;
    if (text === null) {
      target.end();
      return true;
    }
    request.sent += Buffer.byteLength(text);
    await new Promise<void>((resolve) => {
      outgoing.once('close', resolve);
      target.write(text, () => {
        outgoing.off('close', resolve);
        if (target === outgoing) resolve();
        else (target as Gzip).flush(() => resolve());
      });
    });
    return !outgoing.destroyed;
  };
}

const RAW_PIECE = 64 * 1024;

async function sendRaw(write: Write, raw: string, repeat: number): Promise<boolean> {
  for (let round = 0; round < repeat; round++) {
    for (let start = 0; start < raw.length; start += RAW_PIECE) {
      if (!(await write(raw.slice(start, start + RAW_PIECE)))) return false;
    }
  }
  return true;
}

function sendFailure(
  outgoing: ServerResponse,
  status: number,
  headers: Record<string, string>,
  { body, gzip }: MockReply,
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  outgoing.writeHead(status, { 'content-type': type, ...(gzip && { 'content-encoding': 'gzip' }), ...headers });
  outgoing.end(gzip ? gzipSync(text) : text);
}

function sendJson(outgoing: ServerResponse, status: number, value: unknown): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify(value));
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
