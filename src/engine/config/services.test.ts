import { expect, onTestFinished, test, vi } from 'vitest';
import { type MockReply, startMockOpenai } from '../../../test/support/mock-openai.ts';
import type { ModelEntry } from '../../contract/config.ts';
import { defaultConfig } from '../testing/default-config.ts';
import { manualClock } from '../testing/world.ts';
import { hostOf, servicesWithKey, tryModel } from './services.ts';

const KEY = 'sk-very-secret';

async function setUp(...replies: MockReply[]) {
  const mock = await startMockOpenai({ replies });
  onTestFinished(mock.close);
  const clock = manualClock();
  const given_up = new AbortController();
  const entry: ModelEntry = { name: 'mine', model: 'theirs', provider: 'openai', base_url: mock.url, api_key: KEY };
  const ask = (more: Partial<ModelEntry> = {}) =>
    tryModel(defaultConfig(), { ...entry, ...more }, { environment: {}, clock, signal: given_up.signal });
  return { mock, clock, given_up, ask };
}

test('services whose key is set are found, in a fixed order', () => {
  const environment = { XAI_API_KEY: 'x', OPENROUTER_API_KEY: 'o', GROQ_API_KEY: '' };
  expect(servicesWithKey(environment).map(({ name }) => name)).toEqual(['OpenRouter', 'xAI']);
  expect(servicesWithKey({})).toEqual([]);
});

test.each([
  [{ name: 'a', provider: 'openai' }, {}, undefined],
  [{ name: 'a', provider: 'openai' }, { OPENAI_BASE_URL: 'http://proxy:8080/v1' }, 'proxy:8080'],
  [{ name: 'a', provider: 'openai', base_url: 'https://user:pass@host.example/v1' }, {}, 'host.example'],
  [{ name: 'a', provider: 'ollama' }, {}, '127.0.0.1:11434'],
  [{ name: 'a', provider: 'ollama' }, { OLLAMA_HOST: 'box' }, 'box:11434'],
] as const)('%j with %j is asked at %s', (entry, environment, expected) => {
  expect(hostOf(defaultConfig(), entry, environment)).toBe(expected);
});

test('a model that answers can be used; it is asked once, by its own name, without tools', async () => {
  const { mock, ask } = await setUp({ text: 'Yes.' });
  expect(await ask()).toBeUndefined();
  expect(mock.requests).toHaveLength(1);
  expect(mock.requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
  expect(mock.requests[0]!.body).toMatchObject({ model: 'theirs' });
  expect(mock.requests[0]!.body).not.toHaveProperty('tools');
});

test('why it can’t be used is told without the key, wherever the service put it', async () => {
  const message = `Incorrect API key: ${KEY} (${KEY})`;
  const { ask } = await setUp({ status: 401, body: { error: { message } } });
  const why = await ask();
  expect(why).toContain('Incorrect API key');
  expect(why).not.toContain(KEY);
});

test('where nobody listens that is why', async () => {
  const { ask } = await setUp();
  expect(await ask({ base_url: 'http://127.0.0.1:1/v1' })).toMatch(/./);
});

test('a service that says nothing is given up after a while', async () => {
  const { mock, clock, ask } = await setUp({ hangHead: true });
  const asking = ask();
  await vi.waitFor(() => expect(mock.requests).toHaveLength(1));
  await clock.advance(15_000);
  expect(await asking).toBe('no answer within 15 s');
  expect(await mock.requests[0]!.over).toBe('gone');
});

test('who has had enough waits for nothing', async () => {
  const { mock, given_up, ask } = await setUp({ hangHead: true });
  const asking = ask();
  await vi.waitFor(() => expect(mock.requests).toHaveLength(1));
  given_up.abort();
  expect(await asking).not.toBeUndefined();
});
