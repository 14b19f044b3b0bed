import type { RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { systemIds } from '../../base/ids.ts';
import { createHttpServer } from './server.ts';

const SHORT = { headersTimeoutMs: 30, requestTimeoutMs: 60, keepAliveTimeoutMs: 1, checkEveryMs: 10 };
/** For what comes at once, which a busy machine may read late. */
const AMPLE = { ...SHORT, headersTimeoutMs: 10_000, requestTimeoutMs: 20_000 };
const SOON = { ...AMPLE, headersTimeoutMs: 1000, requestTimeoutMs: 1000 };
const fine: RequestListener = (_request, response) => response.end('fine');

/** All that is answered to `text`, until the connection ends. */
async function said(text: string, { handle = fine, limits = AMPLE } = {}): Promise<string> {
  const server = createHttpServer(handle, systemIds(systemClock), limits);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

const problemIn = (answer: string): object => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as object;

test('a request that comes too slowly is answered with a problem', async () => {
  const answer = await said('POST / HTTP/1.1\r\nhost: x\r\n', { limits: SHORT });
  expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(problemIn(answer)).toMatchObject({ status: 408, title: 'Request Timeout', code: 'invalid_request' });
});

test('a connection on which nothing comes ends without an answer, which the first request would be given', async () => {
  expect(await said('', { limits: SHORT })).toBe('');
});

test('what is no request is answered with a problem', async () => {
  const answer = await said('HELO mail\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(answer).toContain('content-type: application/problem+json');
  expect(problemIn(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
});

const broken = 'GET / HTTP/1.1\r\nhost: x\r\n\r\nHELO mail\r\n\r\n';

test('what is no request is answered behind what was answered before', async () => {
  expect(await said(broken)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*fine.*HTTP\/1\.1 400 Bad Request\r\n/s);
});

test('what is no request is not answered while another waits for its answer', async () => {
  expect(await said(broken, { handle: () => {} })).toBe('');
});

test('an answer that has begun holds no other, should the body of its request never come', async () => {
  const text = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n';
  const answer = await said(text, { handle: (_request, response) => response.write('a piece'), limits: SOON });
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).not.toContain('problem');
});
