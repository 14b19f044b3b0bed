import { connect, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { systemIds } from '../../base/ids.ts';
import { createHttpServer } from './server.ts';

async function said(text: string): Promise<string> {
  const server = createHttpServer((_request, response) => response.end('fine'), systemIds(systemClock), {
    headersTimeoutMs: 30,
    requestTimeoutMs: 60,
    keepAliveTimeoutMs: 1,
    checkEveryMs: 10,
  });
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
  const answer = await said('POST / HTTP/1.1\r\nhost: x\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(problemIn(answer)).toMatchObject({ status: 408, title: 'Request Timeout', code: 'invalid_request' });
});

test('what is no request is answered with a problem', async () => {
  const answer = await said('HELO mail\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(answer).toContain('content-type: application/problem+json');
  expect(problemIn(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
});
