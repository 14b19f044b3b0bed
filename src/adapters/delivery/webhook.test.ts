import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock, type Clock } from '../../base/clock.ts';
import { sendWebhook, webhookDefect } from './webhook.ts';

interface Got {
  headers: IncomingMessage['headers'];
  body: string;
}

/** Answers with these statuses, one after the other. */
async function listen(...statuses: number[]): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ headers: request.headers, body });
      response.writeHead(statuses[got.length - 1] ?? 200, { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got };
}

/** Pauses are over at once; an answer is never late. */
const pauses: number[] = [];
const quick: Clock = {
  now: systemClock.now,
  at(due, run) {
    const ms = due - systemClock.now();
    if (Math.abs(ms - 10_000) < 500) return () => {};
    pauses.push(ms);
    const timer = setImmediate(run);
    return () => clearImmediate(timer);
  },
};
const options = () => ({ clock: quick, secret: 'hush', idempotencyKey: 'a/1', signal: new AbortController().signal });

test('what is sent is signed, and names what it is', async () => {
  const { url, got } = await listen();
  expect(await sendWebhook(url, { n: 1 }, options())).toEqual({ state: 'delivered', attempts: 1 });
  const [{ headers, body }] = got as [Got];
  expect(body).toBe('{"n":1}');
  expect(headers['idempotency-key']).toBe('a/1');
  const [, at, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-runtime-signature']))!;
  expect(v1).toBe(createHmac('sha256', 'hush').update(`${at}.${body}`).digest('hex'));
});

test('what fails is sent again, with the same key and longer and longer pauses, and in the end given up', async () => {
  const { url, got } = await listen(500, 503);
  expect(await sendWebhook(url, {}, options())).toEqual({ state: 'delivered', attempts: 3 });
  expect(new Set(got.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  pauses.length = 0;
  const never = await listen(...Array.from({ length: 20 }, () => 500));
  expect(await sendWebhook(never.url, {}, options())).toMatchObject({ state: 'failed', attempts: 6 });
  expect(pauses).toHaveLength(5);
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
});

test.each([301, 302, 307, 308, 400, 404])(
  'what an answer of %i refuses is not sent again, nor elsewhere',
  async (status) => {
    const { url, got } = await listen(status);
    const sent = await sendWebhook(url, {}, options());
    expect(sent).toMatchObject({ state: 'failed', attempts: 1, reason: expect.stringContaining(String(status)) });
    expect(got).toHaveLength(1);
  },
);

test('nobody listens: that is said in the end', async () => {
  const sent = await sendWebhook('http://127.0.0.1:9/', {}, options());
  expect(sent).toMatchObject({ state: 'failed', attempts: 6, reason: expect.stringMatching(/ECONNREFUSED/) });
});

test('whoever is told to stop leaves it for the next start', async () => {
  const { url } = await listen(500);
  const stop = new AbortController();
  const clock: Clock = { now: systemClock.now, at: () => (stop.abort(), () => {}) };
  expect(await sendWebhook(url, {}, { ...options(), clock, signal: stop.signal })).toBeUndefined();
});

test.each([
  ['https://example.org/hook', true],
  ['http://127.0.0.1:8080/hook', true],
  ['http://localhost/hook', true],
  ['http://[::1]:1/', true],
  ['http://example.org/hook', false],
  ['http://127.0.0.1.example.org/', false],
  ['ftp://example.org', false],
  ['nonsense', false],
])('%s may be one: %s', (address, fits) => {
  expect(webhookDefect(address) === undefined).toBe(fits);
});
