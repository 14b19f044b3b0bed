import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { createParser } from 'eventsource-parser';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { createFrameQueue, createFrames, type Frame } from './event-frames.ts';
import { createEventStreams, STREAM_LIMITS, type StreamLimits } from './event-streams.ts';
import { createFakeHost, type FakeHost } from './testing/fake-host.ts';

interface Reader {
  response: IncomingMessage;
  /** Seqs of the entries that came. */
  seqs: number[];
  deltas: number;
  /** Lines that only show that the connection lives. */
  comments: number;
  closed: Promise<void>;
  /** The server's end has closed. */
  left: Promise<void>;
}

async function serve(fake: FakeHost, limits: Partial<StreamLimits> = {}): Promise<(after?: number) => Promise<Reader>> {
  const ports = { clock: systemClock, entries: fake.entries, limits: { ...STREAM_LIMITS, ...limits } };
  const streams = createEventStreams(fake.host, ports);
  let left: Promise<void>;
  const server = createServer((request, response) => {
    left = new Promise((resolve) => response.once('close', resolve));
    const after = Number(new URL(request.url!, 'http://x').searchParams.get('after'));
    void streams.serve(response, { session_id: 's-1', from: { after } });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return async (after = 0) => {
    const response = await new Promise<IncomingMessage>((resolve) =>
      get({ port, path: `/?after=${after}`, agent: false }, resolve),
    );
    const reader: Reader = {
      response,
      seqs: [],
      deltas: 0,
      comments: 0,
      closed: new Promise((resolve) => response.once('close', resolve)),
      left,
    };
    const parser = createParser({
      onComment: () => void reader.comments++,
      onEvent({ id, event }) {
        if (id !== undefined) reader.seqs.push(Number(id.split('-')[0]));
        else if (event === 'delta') reader.deltas++;
      },
    });
    response.on('error', () => {});
    response.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
    return reader;
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

async function watched(fake: FakeHost, readers = 1): Promise<void> {
  while ((await fake.host.session('s-1')).watchers < readers) await new Promise(setImmediate);
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const BIG = 'x'.repeat(10_000);

test('H-140: an idle reader is shown that the connection lives, and is given what comes later', async () => {
  const fake = createFakeHost();
  fake.append('s-1');
  const open = await serve(fake, { heartbeatMs: 10 });
  const reader = await open();
  await until(() => reader.comments >= 3);
  fake.append('s-1');
  await until(() => reader.seqs.length === 2);
  expect(reader.seqs).toEqual([1, 2]);
});

test('a reader that stops for a while misses deltas, and no entry', async () => {
  const fake = createFakeHost();
  fake.append('s-1');
  const connect = await serve(fake, { queue: { events: 50, bytes: 1_000_000 } });
  const slow = await connect();
  const quick = await connect();
  await watched(fake, 2);
  slow.response.pause();
  for (let n = 0; n < 1000; n++) {
    fake.append('s-1', 'timer.fired', { text: BIG });
    fake.tellDelta('s-1', 'word');
    if (n % 20 === 0) await new Promise(setImmediate);
  }
  await until(() => quick.seqs.length === 1001);
  slow.response.resume();
  await until(() => slow.seqs.length === 1001);
  expect(slow.seqs).toEqual(upTo(1001));
  expect(quick.seqs).toEqual(upTo(1001));
  expect(slow.deltas).toBeLessThan(1000);
});

test('a reader that takes nothing any more is cut off, and may come back with its last seq', async () => {
  const fake = createFakeHost();
  fake.append('s-1');
  const connect = await serve(fake, { stallMs: 50 });
  const reader = await connect();
  await until(() => reader.seqs.length === 1);
  reader.response.pause();
  for (let n = 0; n < 1500; n++) fake.append('s-1', 'timer.fired', { text: BIG });
  await reader.left;
  reader.response.resume();
  await reader.closed;
  expect(reader.seqs.length).toBeLessThan(1501);
  const seqs = [...reader.seqs];
  // On a busy machine it may be cut off again, and comes back again.
  while (seqs.length < 1501) {
    const again = await connect(seqs.length);
    let closed = false;
    void again.closed.then(() => (closed = true));
    await until(() => closed || seqs.length + again.seqs.length === 1501);
    seqs.push(...again.seqs);
  }
  expect(seqs).toEqual(upTo(1501));
});

test('a reader that has gone is not served any more', async () => {
  const fake = createFakeHost();
  fake.append('s-1');
  const connect = await serve(fake);
  const reader = await connect();
  await watched(fake);
  reader.response.destroy();
  while ((await fake.host.session('s-1')).watchers > 0) await new Promise(setImmediate);
});

test('a reader that had gone before it was served is not waited for', async () => {
  const fake = createFakeHost();
  fake.append('s-1');
  const streams = createEventStreams(fake.host, { clock: systemClock, entries: fake.entries, limits: STREAM_LIMITS });
  const served = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const serve = (): Promise<void> => streams.serve(response, { session_id: 's-1', from: { after: 1 } });
    response.once('close', () => setImmediate(() => served.resolve(serve())));
    request.socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  get({ port: (server.address() as AddressInfo).port, agent: false }).on('error', () => {});
  await served.promise;
  expect(await fake.host.session('s-1')).toMatchObject({ watchers: 0 });
});

test('an entry is written out once, however many read it', () => {
  const fake = createFakeHost();
  const frameOf = createFrames();
  const event = fake.append('s-1');
  expect(frameOf(event)).toBe(frameOf(event));
});

test('a queue keeps its bounds, the order, and entries before deltas', () => {
  const frames = fc.array(fc.record({ size: fc.nat(20), entry: fc.boolean() }), { maxLength: 40 });
  fc.assert(
    fc.property(frames, fc.array(fc.boolean()), (given, takes) => {
      const queue = createFrameQueue({ events: 5, bytes: 60 });
      const came: Frame[] = [];
      let full = false;
      let seq = 0;
      let expected = 0;
      for (const [index, { size, entry }] of given.entries()) {
        const frame: Frame = { bytes: Buffer.alloc(size), ...(entry && { seq: ++seq }) };
        full = !queue.push(frame);
        if (full) break;
        if (takes[index]) {
          const taken = queue.shift();
          if (taken) came.push(taken);
        }
        expected = seq;
      }
      const rest: Frame[] = [];
      for (let frame = queue.shift(); frame; frame = queue.shift()) rest.push(frame);
      expect(rest.length).toBeLessThanOrEqual(5);
      expect(rest.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(60);
      const seqs = [...came, ...rest].flatMap((frame) => frame.seq ?? []);
      if (full) expect(rest).toEqual([]);
      else expect(seqs).toEqual(upTo(expected));
    }),
  );
});
