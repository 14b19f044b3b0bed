/**
 * The transport against global fetch, through the SDK: in each case the same events, error class, status, code and
 * headers. This is what makes it safe to give the SDK something else than what it was written for.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { OpenAI } from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import { type MockOpenai, type MockReply, startMockOpenai } from '../../../../test/support/mock-openai.ts';
import { systemClock } from '../../../base/clock.ts';
import { createRoutes } from './routes.ts';
import { createTransport } from './transport.ts';

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function mockWith(...replies: MockReply[]): Promise<MockOpenai> {
  const mock = await startMockOpenai({ replies });
  open.push(mock);
  return mock;
}

function transport({ idleTimeoutMs = 5000, environment = {} } = {}) {
  return createTransport({
    clock: systemClock,
    routes: createRoutes(environment),
    connectTimeoutMs: 5000,
    idleTimeoutMs,
  });
}

type Wire = 'responses' | 'chat';

interface Outcome {
  events: string[];
  end: string;
  error?: { class: string; status: unknown; code: unknown; requestId: unknown; retryAfter: unknown };
}

interface Run {
  baseURL: string;
  wire: Wire;
  fetcher: typeof fetch;
  timeout?: number;
  /** Aborts, or leaves the loop, after so many events. */
  abortAfter?: number;
  leaveAfter?: number;
}

async function run({ baseURL, wire, fetcher, timeout = 5000, abortAfter, leaveAfter }: Run): Promise<Outcome> {
  const sdk = new OpenAI({ baseURL, apiKey: 'sk-test', maxRetries: 0, timeout, fetch: fetcher, logLevel: 'off' });
  const controller = new AbortController();
  const { signal } = controller;
  const events: string[] = [];
  try {
    const stream: AsyncIterable<object> =
      wire === 'responses'
        ? await sdk.responses.create({ model: 'm', input: 'hi', stream: true }, { signal })
        : await sdk.chat.completions.create(
            { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: true },
            { signal },
          );
    for await (const event of stream) {
      events.push(JSON.stringify(event));
      if (events.length === abortAfter) controller.abort();
      if (events.length === leaveAfter) break;
    }
    return { events, end: signal.aborted ? 'aborted' : 'ended' };
  } catch (thrown) {
    const error = thrown as Error & { status?: unknown; code?: unknown; requestID?: unknown; headers?: Headers };
    return {
      events,
      end: 'threw',
      error: {
        class: error.constructor.name,
        status: error.status,
        code: error.code === 'ECONNRESET' ? undefined : error.code,
        requestId: error.requestID,
        retryAfter: error.headers?.get('retry-after'),
      },
    };
  }
}

const cases: { name: string; reply: MockReply; options?: Partial<Run> }[] = [
  { name: 'plain', reply: { text: 'Hello, wörld 🙂', chunks: 5 } },
  {
    name: 'tool calls',
    reply: {
      calls: [
        { name: 'a', arguments: { x: 1 } },
        { name: 'b', arguments: '{' },
      ],
    },
  },
  { name: 'compressed', reply: { text: 'packed', chunks: 3, gzip: true } },
  {
    name: '429 with Retry-After',
    reply: {
      status: 429,
      headers: { 'retry-after': '7' },
      body: { error: { message: 'slow', code: 'rate_limit_exceeded' } },
    },
  },
  { name: '401', reply: { status: 401, body: { error: { message: 'bad key', code: 'invalid_api_key' } } } },
  { name: '400, compressed', reply: { status: 400, gzip: true, body: { error: { message: 'no', code: 'bad' } } } },
  { name: '500 with text', reply: { status: 500, body: 'oops' } },
  {
    name: 'an error within the stream',
    reply: { raw: 'event: error\ndata: {"error":{"message":"x","code":"server_error"}}\n\n' },
  },
  { name: 'broken JSON in an event', reply: { raw: 'data: {"a\n\n' } },
  { name: 'a clean end in the middle', reply: { text: 'half', chunks: 4, endAfter: 3 } },
  { name: 'nothing at all', reply: { raw: '' } },
  { name: 'a cut before the head', reply: { cutHead: true } },
  { name: 'silence and the SDK’s timeout', reply: { hangHead: true }, options: { timeout: 60 } },
  { name: 'an abort in the middle', reply: { text: 'abcdef', chunks: 6, hangAfter: 4 }, options: { abortAfter: 3 } },
  { name: 'leaving the loop', reply: { text: 'abcdef', chunks: 6, hangAfter: 4 }, options: { leaveAfter: 2 } },
];

describe.each(['responses', 'chat'] as const)('%s over the transport is as over global fetch', (wire) => {
  test.each(cases)('$name', async ({ reply, options }) => {
    const mock = await mockWith(reply, reply);
    const theirs = await run({ baseURL: mock.url, wire, fetcher: fetch, ...options });
    const ours = await run({ baseURL: mock.url, wire, fetcher: transport() as unknown as typeof fetch, ...options });
    expect(ours).toEqual(theirs);
    expect(mock.requests[1]!.body).toEqual(mock.requests[0]!.body);
  });

  test('a cut in the middle throws over both, after the same events', async () => {
    const reply = { text: 'abcdef', chunks: 6, cutAfter: 4, delayMs: 5 };
    const mock = await mockWith(reply, reply);
    const theirs = await run({ baseURL: mock.url, wire, fetcher: fetch });
    const ours = await run({ baseURL: mock.url, wire, fetcher: transport() as unknown as typeof fetch });
    expect([ours.end, ours.events]).toEqual(['threw', theirs.events]);
    expect(theirs.end).toBe('threw');
  });

  test('connection refused', async () => {
    const mock = await startMockOpenai();
    await mock.close(); // its port is free now
    const theirs = await run({ baseURL: mock.url, wire, fetcher: fetch });
    const ours = await run({ baseURL: mock.url, wire, fetcher: transport() as unknown as typeof fetch });
    expect(ours).toEqual(theirs);
  });

  test('requests have the same headers, but those of the connection and of undici itself', async () => {
    const mock = await mockWith({}, {});
    await run({ baseURL: mock.url, wire, fetcher: fetch });
    await run({ baseURL: mock.url, wire, fetcher: transport() as unknown as typeof fetch });
    const [theirs, ours] = mock.requests.map(({ headers }) => {
      const { 'accept-language': _language, 'sec-fetch-mode': _mode, 'accept-encoding': _encoding, ...rest } = headers;
      return rest;
    });
    expect(ours).toEqual(theirs);
  });
});

test('the connection is used again, also after an end mark that comes before the end', async () => {
  const mock = await mockWith({}, {}, {});
  const fetcher = transport() as unknown as typeof fetch;
  await run({ baseURL: mock.url, wire: 'chat', fetcher });
  await run({ baseURL: mock.url, wire: 'responses', fetcher });
  await run({ baseURL: mock.url, wire: 'chat', fetcher });
  expect(mock.requests.map(({ connection }) => connection)).toEqual([1, 1, 1]);
});

test('a redirect is not followed', async () => {
  const mock = await mockWith({ status: 307, headers: { location: 'http://127.0.0.1:1/v1' }, body: 'moved' });
  const reply = await transport()(`${mock.url}/responses`, { method: 'POST', body: '{}' });
  expect([reply.status, reply.ok, reply.headers.get('Location')]).toEqual([307, false, 'http://127.0.0.1:1/v1']);
});

test('of a body that isn’t streamed no more than 64 KiB is read', async () => {
  const mock = await mockWith({ status: 500, body: 'x'.repeat(1_000_000) });
  const reply = await transport()(`${mock.url}/responses`, { method: 'POST', body: '{}' });
  expect(await reply.text()).toBe('x'.repeat(64 * 1024));
});

test('the digest is that of the bytes, whether they came compressed or not', async () => {
  const mock = await mockWith({ text: 'same' }, { text: 'same', gzip: true });
  const hashes: string[] = [];
  for (const _ of mock.url.slice(0, 2)) {
    const reply = await transport()(`${mock.url}/chat/completions`, { method: 'POST', body: '{}' });
    await reply.text();
    hashes.push(reply.body.hash());
  }
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(hashes[1]).toBe(hashes[0]);
});

test('a compressed body that is broken is a cut stream', async () => {
  const server = createServer((_, outgoing) => {
    outgoing.writeHead(200, { 'content-encoding': 'gzip' });
    outgoing.end(gzipSync('data: {}\n\n').subarray(0, 12));
  }).listen(0, '127.0.0.1');
  open.push({ close: () => void server.close() });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const reply = await transport()(`http://127.0.0.1:${port}/`);
  await expect(reply.text()).rejects.toMatchObject({ class: 'network', code: 'stream_cut' });
});

test('a service that changes the protocol is a lost connection, not a wait without end', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  server.on('request', ({ socket }) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n')); // prettier-ignore
  open.push({ close: () => server.close().closeAllConnections() });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const asked = transport()(`http://127.0.0.1:${port}/`);
  await expect(asked).rejects.toMatchObject({ class: 'network', code: 'connection_lost' });
});

test.each([
  ['socks5://ann:secret-pw@127.0.0.1:1080'],
  ['http://ann:secret-pw@127.0.0.1:99999'],
  ['http://ann:secret-pw@/'],
  ['ann:secret-pw at host'],
])('a proxy that can not be used is told, without its password, and nobody goes round it: %s', async (address) => {
  const asked = transport({ environment: { HTTP_PROXY: address } })('http://models.example/');
  const failure = await asked.then(() => undefined, (error: Error) => error);
  expect(failure).toMatchObject({ class: 'invalid_request', code: 'proxy_invalid' });
  expect(failure!.message).toContain('HTTP_PROXY');
  expect(failure!.message).not.toContain('secret-pw');
}); // prettier-ignore

test('a proxy without a scheme is one of HTTP; where it does not answer, it is named', async () => {
  const asked = transport({ environment: { HTTP_PROXY: 'ann:secret-pw@127.0.0.1:1' } })('http://models.example/');
  await expect(asked).rejects.toMatchObject({
    code: 'connection_failed',
    message: 'no connection to models.example (ECONNREFUSED at the proxy 127.0.0.1:1)',
  });
});

test('what can not even be sent leaves nothing behind that fails later', async () => {
  const controller = new AbortController();
  const waits = new Set<() => void>();
  const clock = { now: () => 0, at: (_: number, run: () => void) => (waits.add(run), () => waits.delete(run)) };
  const routes = createRoutes({ HTTP_PROXY: 'http://[no address' });
  const asks = createTransport({ clock, routes, connectTimeoutMs: 5000, idleTimeoutMs: 5000 });
  await expect(asks('http://models.example/', { signal: controller.signal })).rejects.toThrow();
  expect(waits.size).toBe(0);
  controller.abort(); // would throw within the listener that was left
});

test('K-50: silence within a reply ends it', async () => {
  const mock = await mockWith({ text: 'abcd', chunks: 4, hangAfter: 3 });
  const reply = await transport({ idleTimeoutMs: 50 })(`${mock.url}/responses`, { method: 'POST', body: '{}' });
  await expect(reply.text()).rejects.toMatchObject({ class: 'timeout', code: 'idle_timeout' });
  expect(await mock.requests[0]!.over).toBe('gone');
});

test('K-50: a reply that comes slowly, but comes, is no silence', async () => {
  const mock = await mockWith({ text: 'abcdefgh'.repeat(3), chunks: 24, delayMs: 60 });
  const reply = await transport({ idleTimeoutMs: 1000 })(`${mock.url}/responses`, { method: 'POST', body: '{}' });
  expect(await reply.text()).toContain('response.completed');
});

test('a proxy of the environment is used, but not for what NO_PROXY names', async () => {
  const mock = await mockWith({ status: 418, body: 'direct' });
  const seen: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    seen.push(incoming.url!);
    outgoing.writeHead(418);
    outgoing.end('by proxy');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  open.push({ close: () => proxy.close().closeAllConnections() });
  const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const through = await transport({ environment: { HTTP_PROXY } })(`${mock.url}/responses`, {
    method: 'POST',
    body: '{}',
  });
  expect(await through.text()).toBe('by proxy');
  const around = transport({ environment: { HTTP_PROXY, NO_PROXY: '127.0.0.1' } });
  expect(await (await around(`${mock.url}/responses`, { method: 'POST', body: '{}' })).text()).toBe('direct');
  expect(seen).toEqual([`${mock.url}/responses`]);
});
