/**
 * A model service on the loopback: both wire formats of the OpenAI API, answering from a queue of replies, and able to
 * fail in the ways in which services fail. In a test: `await startMockOpenai()`. As a process of its own, for black-box
 * runs and benchmarks:
 *
 *     node test/support/mock-openai.ts --port 0 --script replies.json
 *
 * prints its base URL; `replies.json` is `{"replies": [MockReply…], "fallback": MockReply}`. Then also over HTTP:
 * `GET /_requests` gives what it recorded, `POST /_replies` (an array) queues more.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createGzip, type Gzip, gzipSync } from 'node:zlib';
import { chatEvents, type MockReply, responsesEvents } from './mock-openai-events.ts';

export type { MockReply };

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

export interface MockOpenai {
  /** The base URL, ending in /v1. */
  url: string;
  requests: MockRequest[];
  /** Queues replies. One may be a function of the request. */
  reply(...replies: (MockReply | ((request: MockRequest) => MockReply))[]): void;
  /** Lets the replies go on that hold. */
  release(): void;
  close(): Promise<void>;
}

export interface MockOptions {
  port?: number;
  replies?: MockReply[];
  /** When the queue is empty. Default: 400, so that nobody retries. */
  fallback?: MockReply;
  /** What it lists as its models. */
  models?: readonly string[];
}

const EMPTY: MockReply = {
  status: 400,
  body: { error: { message: 'the mock has no reply left', code: 'mock_empty' } },
};

export async function startMockOpenai({
  port = 0,
  replies = [],
  fallback = EMPTY,
  models = ['mock'],
}: MockOptions = {}): Promise<MockOpenai> {
  const queue: (MockReply | ((request: MockRequest) => MockReply))[] = [...replies];
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
    if (path === '/_requests') return sendJson(outgoing, requests);
    if (path === '/_replies') {
      queue.push(...(JSON.parse(text) as MockReply[]));
      return sendJson(outgoing, { queued: queue.length });
    }
    if (path === '/v1/models') {
      return sendJson(outgoing, { object: 'list', data: models.map((id) => ({ id, object: 'model' })) });
    }
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
    const next = queue.shift() ?? fallback;
    await answer(request, typeof next === 'function' ? next(request) : next, outgoing, () => hold.promise);
  };

  await listen(server, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/v1`,
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
  request: MockRequest,
  reply: MockReply,
  outgoing: ServerResponse,
  released: () => Promise<void>,
): Promise<void> {
  if (reply.headDelayMs) await delay(reply.headDelayMs);
  if (reply.hangHead) return;
  if (reply.cutHead) return void outgoing.socket?.destroy();
  const status = reply.status ?? 200;
  const headers = { 'x-request-id': 'req_mock', ...reply.headers };
  if (status !== 200) return sendFailure(outgoing, status, headers, reply);
  outgoing.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    ...(reply.gzip && { 'content-encoding': 'gzip' }),
    ...headers,
  });
  const write = writer(request, outgoing, reply.gzip === true);
  if (reply.raw !== undefined) {
    if (!(await sendRaw(write, reply.raw, reply.repeat ?? 1))) return;
    if (reply.cutAfter !== undefined) return void outgoing.socket?.destroy();
  } else {
    const events = request.path.endsWith('/responses')
      ? responsesEvents(request.body, reply)
      : chatEvents(request.body, reply);
    for (const [index, event] of events.entries()) {
      if (index === reply.cutAfter) return void outgoing.socket?.destroy();
      if (index === reply.hangAfter) return;
      if (index === reply.holdAfter) await released();
      if (index === reply.endAfter) break;
      if (reply.delayMs) await delay(reply.delayMs);
      if (!(await write(event))) return;
    }
  }
  if (!reply.linger) await write(null);
}

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
  reply: MockReply,
): void {
  const text =
    typeof reply.body === 'string'
      ? reply.body
      : JSON.stringify(reply.body ?? { error: { message: `mock ${status}` } });
  const type = typeof reply.body === 'string' ? 'text/plain' : 'application/json';
  outgoing.writeHead(status, { 'content-type': type, ...(reply.gzip && { 'content-encoding': 'gzip' }), ...headers });
  outgoing.end(reply.gzip ? gzipSync(text) : text);
}

function sendJson(outgoing: ServerResponse, value: unknown): void {
  outgoing.writeHead(200, { 'content-type': 'application/json' });
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

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, script: { type: 'string' } } });
  const script =
    values.script === undefined ? { fallback: {} } : (JSON.parse(readFileSync(values.script, 'utf8')) as MockOptions);
  const mock = await startMockOpenai({ ...script, port: Number(values.port) });
  process.stdout.write(`${mock.url}\n`);
}
