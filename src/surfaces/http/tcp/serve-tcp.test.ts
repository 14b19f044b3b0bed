/** TCP with a fake host, where a test must not wait as long as a daemon does. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import { systemIds } from '../../../base/ids.ts';
import { errorCatalogue, RuntimeError } from '../../../contract/errors.ts';
import type { Actor } from '../../../contract/values.ts';
import { STREAM_LIMITS, type StreamLimits } from '../event-streams.ts';
import type { ServerLimits } from '../server.ts';
import { createFakeHost, type FakeHost } from '../testing/fake-host.ts';
import { serveTcp } from './serve-tcp.ts';
import type { Tls } from './tls.ts';

interface Served {
  fake: FakeHost;
  port: number;
  close(): Promise<void>;
  /** The connection of the first request, at the server's end. */
  asked: Promise<Socket>;
  /** What who asked was told less of. */
  hidden: string[];
}

const OPERATOR: Actor = { id: 'test', role: 'operator' };

async function serve(
  limits: Partial<StreamLimits> = {},
  times: { serverLimits?: ServerLimits; silenceMs?: number; tls?: Tls; actor?: Actor } = {},
): Promise<Served> {
  const fake = createFakeHost();
  const answer = { status: 200, body: {} };
  const asked = Promise.withResolvers<Socket>();
  const hidden: string[] = [];
  const server = await serveTcp({
    hub: { ...fake.host, as: () => fake.host, liveSeq: () => undefined },
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    version: '1.0.0',
    models: () => ['m'],
    clock: systemClock,
    ids: systemIds(systemClock),
    entries: fake.entries,
    approval: fake.approval,
    usage: fake.usage,
    actorOf({ socket }) {
      asked.resolve(socket);
      return times.actor ?? OPERATOR;
    },
    health: { health: () => answer, ready: () => answer, stop: () => {} },
    onRefused: () => {},
    onHidden: (_, { message }) => hidden.push(message),
    limits: { ...STREAM_LIMITS, ...limits },
    ...times,
  });
  onTestFinished(() => server.close(false));
  return {
    fake,
    port: Number(new URL(server.url).port),
    close: () => server.close(true),
    asked: asked.promise,
    hidden,
  };
}

interface Client {
  socket: Socket;
  /** All that came so far. */
  text(): string;
  closed: Promise<void>;
}

function client(port: number): Client {
  const socket = connect({ host: '127.0.0.1', port });
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  socket.on('error', () => {});
  return { socket, text: () => text, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

const request = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n');

const idsIn = (text: string): number[] => [...text.matchAll(/^id: (\d+)-/gm)].map(([, seq]) => Number(seq));

describe('a reader that takes nothing', () => {
  test('is cut off, and comes back with its last id', async () => {
    const { fake, port } = await serve({ stallMs: 200, queue: { events: 1000, bytes: 100_000_000 } });
    fake.append('s-1');
    const stalled = client(port);
    stalled.socket.write(request('/v1/sessions/s-1/stream'));
    while ((await fake.host.session('s-1')).watchers === 0) await new Promise(setImmediate);
    stalled.socket.pause();
    // More than the buffers of the system between the two hold.
    const text = 'x'.repeat(100_000);
    for (let n = 0; n < 200; n++) fake.append('s-1', 'timer.fired', { text });
    while ((await fake.host.session('s-1')).watchers > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    stalled.socket.resume();
    await stalled.closed;

    const given = idsIn(stalled.text().slice(0, stalled.text().lastIndexOf('\n\n')));
    expect(given).toEqual(given.map((_, index) => index + 1));
    expect(given.length).toBeLessThan(201);
    // On a busy machine it may be cut off again, and comes back again.
    while (given.at(-1) !== 201) {
      const { id } = (await fake.entries('s-1', given.at(-1)! - 1, 1)).entries[0]!;
      const back = client(port);
      back.socket.write(request('/v1/sessions/s-1/stream', `Last-Event-ID: ${id}`));
      let closed = false;
      void back.closed.then(() => (closed = true));
      const whole = (): number[] => idsIn(back.text().slice(0, back.text().lastIndexOf('\n\n') + 1));
      while (!closed && whole().at(-1) !== 201) await new Promise((resolve) => setTimeout(resolve, 10));
      given.push(...whole());
      back.socket.destroy();
    }
    expect(given).toEqual(Array.from({ length: 201 }, (_, index) => index + 1));
  });
});

const serverLimits = { headersTimeoutMs: 100, requestTimeoutMs: 200, keepAliveTimeoutMs: 1000, checkEveryMs: 20 };

test('a TLS handshake that does not come to its end is cut off', async () => {
  const tls = { cert: '', key: '' }; // it doesn't come to that
  const { port } = await serve({}, { serverLimits, tls });
  await client(port).closed;
});

describe('a body that comes too slowly', () => {
  test('is answered 408, and its connection closed', async () => {
    const { port, fake } = await serve({}, { serverLimits });
    const slow = client(port);
    const head = [
      'POST /v1/events HTTP/1.1',
      'Host: 127.0.0.1',
      'Content-Type: application/json',
      'Content-Length: 99',
    ];
    slow.socket.write(`${head.join('\r\n')}\r\n\r\n{`);
    await slow.closed;
    expect(slow.text()).toMatch(/^HTTP\/1\.1 408 |^HTTP\/1\.1 400 /);
    expect(fake.calls.has('submit')).toBe(false);
  });
});

test('an answer that nobody takes is given up', async () => {
  const { fake, port, asked } = await serve({}, { silenceMs: 200 });
  const text = 'x'.repeat(100_000);
  for (let n = 0; n < 300; n++) fake.append('s-1', 'timer.fired', { text });
  const idle = client(port);
  idle.socket.pause();
  idle.socket.write(request('/v1/sessions/s-1/entries?limit=1000'));
  const ours = await asked;
  await once(ours, 'close');
  idle.socket.resume();
  await idle.closed;
  expect(idle.text()).toMatch(/^HTTP\/1\.1 200 /);
  expect(idle.text().length).toBeLessThan(30_000_000);
});

test('whoever reads a stream is told when the daemon leaves', async () => {
  const { fake, port, close } = await serve();
  fake.append('s-1');
  const reader = client(port);
  reader.socket.write(request('/v1/sessions/s-1/stream'));
  while ((await fake.host.session('s-1')).watchers === 0) await new Promise(setImmediate);
  await close();
  await reader.closed;
  expect(reader.text()).toContain('event: handover');
});

describe('an error that names files of the machine', () => {
  const whole = "Reading /home/ann/.runtime/s.jsonl: EIO: i/o error, read '/home/ann/.runtime/s.jsonl'";
  const chat = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
  const ask = async (actor: Actor) => {
    const { fake, port, hidden } = await serve({}, { actor });
    fake.host.submit = fake.host.approvals = async () => {
      throw new RuntimeError('store_unavailable', whole, { next: 'Look at /home/ann.' });
    };
    const url = `http://127.0.0.1:${port}/v1`;
    const headers = { 'content-type': 'application/json' };
    const answers = [
      await fetch(`${url}/approvals`),
      await fetch(`${url}/chat/completions`, { method: 'POST', headers, body: chat }),
    ];
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    return { statuses: answers.map(({ status }) => status), texts, hidden };
  };

  test('is told without them to who does not run it, and its log has the whole', async () => {
    const { statuses, texts, hidden } = await ask({ id: 'ci', role: 'member' });
    expect(statuses).toEqual([503, 503]);
    for (const text of texts) {
      expect(text).not.toContain('/home');
      expect(text).toContain('store_unavailable');
      expect(text).toContain(errorCatalogue.store_unavailable.next);
    }
    expect(hidden).toEqual([whole, whole]);
  });

  test('is told as it is to an operator', async () => {
    const { texts, hidden } = await ask(OPERATOR);
    for (const text of texts) expect(text).toContain('/home/ann/.runtime/s.jsonl');
    expect(hidden).toEqual([]);
  });
});
