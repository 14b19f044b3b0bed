import { afterEach, expect, test } from 'vitest';
import { type MockOpenai, startMockOpenai } from '../../../test/support/mock-openai.ts';
import { askModel, modelRequest } from '../../../test/support/model-request.ts';
import { systemClock } from '../../base/clock.ts';
import { createModelClient } from './router.ts';
import type { ModelSettings } from './settings.ts';

const open: MockOpenai[] = [];
afterEach(async () => {
  for (const mock of open.splice(0)) await mock.close();
});

async function mockWith(...replies: Parameters<MockOpenai['reply']>): Promise<MockOpenai> {
  const mock = await startMockOpenai();
  open.push(mock);
  mock.reply(...replies);
  return mock;
}

function models(settings: (Omit<ModelSettings, 'wire'> & Partial<ModelSettings>)[]) {
  const models = settings.map((one) => ({ wire: 'chat' as const, ...one }));
  return createModelClient({ models, clock: systemClock, environment: {} });
}

test('H-82 each request goes to the model that it names, under that model’s id', async () => {
  const [one, two] = [await mockWith({ text: 'one' }), await mockWith({ text: 'two' })];
  const client = models([
    { name: 'a', provider: 'openai', base_url: one.url, api_key: 'sk-a' },
    { name: 'b', provider: 'openai', base_url: two.url, api_key: 'sk-b', wire: 'responses' },
  ]);
  const { answer } = await askModel(client, modelRequest({ name: 'b', model: 'model-b' }));
  expect(answer).toMatchObject({ ok: true, parts: [{ text: 'two' }], model_served: 'model-b-2026' });
  await askModel(client, modelRequest({ name: 'a', model: 'model-a' }));
  expect(one.requests).toMatchObject([{ path: '/v1/chat/completions', body: { model: 'model-a' } }]);
  expect(two.requests).toMatchObject([{ path: '/v1/responses', headers: { authorization: 'Bearer sk-b' } }]);
});

test('H-84 a missing key is told with its variable, and nothing is sent', async () => {
  const mock = await mockWith();
  const client = models([
    { name: 'a', provider: 'openai', base_url: mock.url, api_key_env: 'MY_KEY' },
    { name: 'b', provider: 'openai' },
  ]);
  const named = await askModel(client, modelRequest({ name: 'a' }));
  expect(named.answer).toMatchObject({
    ok: false,
    class: 'auth',
    code: 'key_missing',
    message: expect.stringContaining('set MY_KEY') as string,
  });
  const usual = await askModel(client, modelRequest({ name: 'b' }));
  expect(usual.answer).toMatchObject({
    code: 'key_missing',
    message: 'The model "b" (openai) has no key: set OPENAI_API_KEY.',
  });
  expect(mock.requests).toEqual([]);
});

test('a key that no header can carry is told, but not shown', async () => {
  const client = models([{ name: 'm', provider: 'openai', api_key: 'sk-a\nb' }]);
  const { answer } = await askModel(client, modelRequest());
  expect(answer).toMatchObject({ class: 'auth', code: 'key_invalid' });
  expect(answer.ok || answer.message).not.toContain('sk-a');
});

test('H-88 ollama needs no key and is asked where it is', async () => {
  const mock = await mockWith({ text: 'local' });
  const client = models([{ name: 'm', provider: 'ollama', base_url: mock.url }]);
  expect((await askModel(client, modelRequest())).answer).toMatchObject({ ok: true, parts: [{ text: 'local' }] });
});

test('unknown names and providers are failures', async () => {
  const client = models([{ name: 'm', provider: 'nobody' }]);
  expect((await askModel(client, modelRequest())).answer).toMatchObject({ ok: false, code: 'unknown_provider' });
  expect((await askModel(client, modelRequest({ name: 'gone' }))).answer).toMatchObject({
    ok: false,
    code: 'unknown_model',
  });
});

test('prepare loads ahead, and says what is wrong with a script; asked all the same it fails', async () => {
  const client = models([
    { name: 'demo', provider: 'script' },
    { name: 'broken', provider: 'script', script: '/nowhere/script.yaml' },
    { name: 'openai', provider: 'openai', api_key: 'sk-a' },
  ]);
  await client.prepare('demo');
  await client.prepare('openai');
  await expect(client.prepare('broken')).rejects.toMatchObject({ code: 'config_unreadable' });
  expect((await askModel(client, modelRequest({ name: 'broken' }))).answer).toMatchObject({
    ok: false,
    code: 'config_unreadable',
  });
  expect((await askModel(client, modelRequest({ name: 'demo' }))).answer).toMatchObject({ ok: true });
});
