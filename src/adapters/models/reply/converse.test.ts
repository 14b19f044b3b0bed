/** How long a reply may take, and how a model is reached. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { askModel, modelRequest } from '../../../../test/support/model-request.ts';
import { startMockOpenai } from '../../../../test/support/mock-openai.ts';
import { systemClock } from '../../../base/clock.ts';
import { createModelClient } from '../router.ts';
import type { ModelSettings } from '../settings.ts';

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server: Server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function asked(settings: Partial<ModelSettings>, environment = {}) {
  const model = { name: 'm', provider: 'openai', api_key: 'sk-test', wire: 'chat' as const, ...settings };
  return askModel(createModelClient({ models: [model], clock: systemClock, environment }), modelRequest());
}

const chunk = (text: string): string =>
  `data: ${JSON.stringify({ id: 'c', model: 'mock', choices: [{ index: 0, delta: { content: text } }] })}\n\n`;

/** Sends what it is told, and then signs of life, or one piece after the other, until nobody listens. */
const endless =
  (first: string, then: string) =>
  async (_: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(first === '' ? ': ping\n\n' : first);
    while (!response.destroyed) {
      response.write(then);
      await delay(10);
    }
  };

const PING = ': ping\n\n';

test.each([
  ['of nothing but signs of life', endless('', PING), 'first_token_timeout', undefined],
  ['that goes silent but for signs of life', endless(chunk('So far'), PING), 'idle_timeout', 'So far'],
] as const)('a reply %s is waited for no longer than a silent one', async (_, handle, code, partial) => {
  const base_url = await serve(handle);
  const { answer } = await asked({ base_url, request_timeout_ms: 800 });
  expect(answer).toMatchObject({ ok: false, class: 'timeout', code, ...(partial !== undefined && { partial }) });
});

test('the first piece may take longer than the next ones, where that is set', async () => {
  const base_url = await serve(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    await delay(300);
    response.end(`${chunk('Late.')}data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`); // prettier-ignore
  });
  expect((await asked({ base_url, request_timeout_ms: 100, first_token_timeout_ms: 5000 })).answer).toMatchObject({
    ok: true,
  });
});

test('K-50: a reply that goes on and on has an end', async () => {
  const base_url = await serve(endless(chunk('a'), chunk('a')));
  const { answer } = await asked({ base_url, total_timeout_ms: 300 });
  expect(answer).toMatchObject({ ok: false, class: 'timeout', code: 'total_timeout' });
});

test('headers of the configuration are sent with each request', async () => {
  const mock = await startMockOpenai({ replies: [{ text: 'Hi' }] });
  onTestFinished(() => mock.close());
  await asked({ base_url: mock.url, headers: { 'X-Title': 'my agent', 'User-Agent': 'mine' } });
  expect(mock.requests[0]!.headers).toMatchObject({ 'x-title': 'my agent', 'user-agent': 'mine', authorization: 'Bearer sk-test' }); // prettier-ignore
});

test('a proxy of its own is used by a model, and none where that is said', async () => {
  const mock = await startMockOpenai({ replies: [{ text: 'direct' }] });
  onTestFinished(() => mock.close());
  const seen: string[] = [];
  const proxy = await serve((request, response) => {
    seen.push(request.url!);
    response.writeHead(503).end();
  });
  const nowhere = { HTTP_PROXY: 'http://127.0.0.1:1' };
  await asked({ base_url: 'http://models.example.org/v1', proxy }, nowhere);
  expect(seen).toEqual(['http://models.example.org/v1/chat/completions']);
  expect((await asked({ base_url: mock.url, proxy: 'none' }, nowhere)).answer).toMatchObject({ ok: true });
});

test('certificates that can not be read are told, and nothing is sent', async () => {
  const { answer } = await asked({ base_url: 'https://models.example.org/v1', ca: '/no/such.pem' });
  expect(answer).toMatchObject({
    ok: false,
    class: 'invalid_request',
    message: expect.stringContaining('/no/such.pem') as string,
  });
});

test('a key that is refused makes room for the next one', async () => {
  const mock = await startMockOpenai({
    replies: [{ status: 401, body: { error: { message: 'no' } } }, { text: 'Hi' }],
  });
  onTestFinished(() => mock.close());
  const model = { name: 'm', provider: 'openai', api_key: 'sk-one', more_api_keys: ['sk-two'], wire: 'chat' as const, base_url: mock.url }; // prettier-ignore
  const client = createModelClient({ models: [model], clock: systemClock, environment: {} });
  expect((await askModel(client, modelRequest())).answer).toMatchObject({
    ok: false,
    class: 'auth',
    hint: 'other_key',
  });
  expect((await askModel(client, modelRequest())).answer).toMatchObject({ ok: true });
  expect(mock.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-one', 'Bearer sk-two']);
});
