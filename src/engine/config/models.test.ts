import { describe, expect, test } from 'vitest';
import type { Environment } from '../../base/environment.ts';
import { type Config, configSchema } from '../../contract/config.ts';
import { PROVIDERS } from '../../contract/providers.ts';
import { chooseModels, DEFAULT_OPENAI_MODEL, missingKey, ollamaOrigin } from './models.ts';

const KEY = { OPENAI_API_KEY: 'sk-123456' };

const configure = (models: object = {}): Config => configSchema.parse({ models });

const chosen = (models: object, environment: Environment, model?: string) =>
  chooseModels(configure(models), environment, model === undefined ? {} : { model });

const first = (...args: Parameters<typeof chosen>) => {
  const { settings, offline_demo } = chosen(...args);
  const { name, provider } = settings[0]!;
  return { name, provider, offline_demo, missing: missingKey(settings[0]!) };
};

describe('which model answers', () => {
  const two = { registry: [{ name: 'fast' }, { name: 'local', provider: 'ollama' }] };

  test.each([
    ['no key: the offline demo', {}, {}, undefined, 'demo', 'script', true, undefined],
    ['an OpenAI key: its built-in model', {}, KEY, undefined, DEFAULT_OPENAI_MODEL, 'openai', false, undefined],
    ['Anthropic’s key: its built-in model', {}, { ANTHROPIC_API_KEY: 'x' }, undefined, PROVIDERS.anthropic.default_model, 'anthropic', false, undefined],
    ['Gemini’s key: its built-in model', {}, { GEMINI_API_KEY: 'x' }, undefined, PROVIDERS.gemini.default_model, 'gemini', false, undefined],
    ['all keys: OpenAI’s comes first', {}, { GEMINI_API_KEY: 'x', ANTHROPIC_API_KEY: 'x', ...KEY }, undefined, DEFAULT_OPENAI_MODEL, 'openai', false, undefined],
    ['Anthropic’s and Gemini’s: Anthropic’s', {}, { GEMINI_API_KEY: 'x', ANTHROPIC_API_KEY: 'x' }, undefined, PROVIDERS.anthropic.default_model, 'anthropic', false, undefined],
    ['a key that chooses nothing by itself', {}, { ZAI_API_KEY: 'x' }, undefined, 'demo', 'script', true, undefined],
    ['--model with Anthropic’s key alone', {}, { ANTHROPIC_API_KEY: 'x' }, 'claude-x', 'claude-x', 'anthropic', false, undefined],
    ['a provider without its key', { registry: [{ name: 'a', provider: 'zai' }] }, {}, undefined, 'a', 'zai', false, 'ZAI_API_KEY'],
    ['--model with a key: OpenAI under that name', {}, KEY, 'gpt-x', 'gpt-x', 'openai', false, undefined],
    ['--model without a key', {}, {}, 'gpt-x', 'gpt-x', 'openai', false, 'OPENAI_API_KEY'],
    ['--model demo in spite of a key', {}, KEY, 'demo', 'demo', 'script', false, undefined],
    ['the default', { ...two, default: 'local' }, KEY, undefined, 'local', 'ollama', false, undefined],
    ['a default without its key', { ...two, default: 'fast' }, {}, undefined, 'fast', 'openai', false, 'OPENAI_API_KEY'],
    ['no default: the first', two, KEY, undefined, 'fast', 'openai', false, undefined],
    ['no default: the first that has its key', two, {}, undefined, 'local', 'ollama', false, undefined],
    ['no default, no key at all: the first', { registry: [{ name: 'a', api_key_env: 'A' }] }, {}, undefined, 'a', 'openai', false, 'A'],
    ['--model of the registry', two, {}, 'fast', 'fast', 'openai', false, 'OPENAI_API_KEY'],
    ['--model elsewhere: the default service', { ...two, default: 'local' }, {}, 'qwen', 'qwen', 'ollama', false, undefined],
    ['--model of a login', {}, KEY, 'openai-codex/gpt-5.5', 'openai-codex/gpt-5.5', 'openai-codex', false, undefined],
    ['--model openai-codex', {}, KEY, 'openai-codex', 'openai-codex/gpt-5.6-terra', 'openai-codex', false, undefined],
    ['--model elsewhere than a script: OpenAI', { default: 'demo' }, KEY, 'gpt-x', 'gpt-x', 'openai', false, undefined],
  ] as const)('%s', (_name, models, environment, model, name, provider, offline_demo, missing) => {
    expect(first(models, environment, model)).toEqual({ name, provider, offline_demo, missing });
  }); // prettier-ignore
});

test('a choice carries what the kernel needs, in micro-USD; fallbacks follow in order', () => {
  const { choices } = chosen(
    {
      default: 'a',
      fallback: ['b', 'a', 'demo', 'b'],
      registry: [
        { name: 'a', model: 'm1', price: { input: 1.25, output: 10 }, context: 1000, max_output: 100 },
        { name: 'b', price: { input: 1, output: 5, cached: 0.05 } },
      ],
    },
    KEY,
  );
  expect(choices).toEqual([
    { name: 'a', provider: 'openai', model: 'm1', context: 1000, max_output_tokens: 100, price: { input: 1_250_000, output: 10_000_000, cached: 1_250_000 } },
    { name: 'b', provider: 'openai', model: 'b', max_output_tokens: 16_384, price: { input: 1_000_000, output: 5_000_000, cached: 50_000 } },
    { name: 'demo', provider: 'script', model: 'demo', max_output_tokens: 16_384 },
  ]); // prettier-ignore
});

describe('how a model is reached', () => {
  const settings = (entry: object, environment: Environment = KEY) =>
    chosen({ registry: [{ name: 'a', ...entry }] }, environment).settings[0]!;

  test('OpenAI', () => {
    expect(settings({})).toEqual({
      name: 'a',
      provider: 'openai',
      wire: 'responses',
      api_key: 'sk-123456',
      api_key_env: 'OPENAI_API_KEY',
    });
  });

  test('a compatible service speaks Chat Completions unless told otherwise', () => {
    const other = 'http://127.0.0.1:1/v1';
    expect(settings({ base_url: other })).toMatchObject({ base_url: other, wire: 'chat' });
    expect(settings({ base_url: other, wire: 'responses' }).wire).toBe('responses');
    expect(settings({ base_url: 'https://api.openai.com/v1' }).wire).toBe('responses');
    expect(settings({}, { ...KEY, OPENAI_BASE_URL: other })).toMatchObject({ base_url: other, wire: 'chat' });
  });

  test('keys: its own, else the variable it names, else the provider’s', () => {
    expect(settings({ api_key: 'own' })).toMatchObject({ api_key: 'own' });
    expect(settings({ api_key_env: 'OTHER' }, { ...KEY, OTHER: 'o' })).toMatchObject({ api_key: 'o' });
    expect(missingKey(settings({ api_key_env: 'OTHER' }))).toBe('OTHER');
    expect(missingKey(settings({}, { OPENAI_API_KEY: '' }))).toBe('OPENAI_API_KEY');
  });

  test('Ollama needs no key and is found by OLLAMA_HOST', () => {
    const ollama = settings({ provider: 'ollama' }, { OLLAMA_HOST: '10.0.0.1:5' });
    expect(ollama).toMatchObject({ base_url: 'http://10.0.0.1:5/v1', wire: 'chat' });
    expect(missingKey(ollama)).toBeUndefined();
  });

  test('Anthropic, Gemini and Z.AI', () => {
    const environment = {
      ANTHROPIC_API_KEY: 'a', GEMINI_API_KEY: 'g', ZAI_API_KEY: 'z',
      ANTHROPIC_BASE_URL: 'https://a.example', GOOGLE_GEMINI_BASE_URL: 'https://g.example',
    }; // prettier-ignore
    expect(settings({ provider: 'anthropic' }, environment)).toEqual({
      name: 'a', provider: 'anthropic', base_url: 'https://a.example', api_key: 'a', api_key_env: 'ANTHROPIC_API_KEY',
    }); // prettier-ignore
    expect(settings({ provider: 'gemini' }, environment)).toMatchObject({
      base_url: 'https://g.example',
      api_key: 'g',
    });
    expect(settings({ provider: 'zai' }, environment)).toMatchObject({ wire: 'chat', api_key: 'z' });
    expect(settings({ provider: 'zai' }, environment)).not.toHaveProperty('base_url');
    const coding = 'https://api.z.ai/api/coding/paas/v4';
    expect(settings({ provider: 'zai', base_url: coding }, environment)).toMatchObject({ base_url: coding });
  });

  test('a script model', () => {
    expect(settings({ provider: 'script', script: 'x.yaml', request_timeout: '5s' })).toMatchObject({
      script: 'x.yaml',
      request_timeout_ms: 5000,
    });
  });
});

test.each([
  [undefined, 'http://127.0.0.1:11434'],
  ['', 'http://127.0.0.1:11434'],
  ['0.0.0.0', 'http://127.0.0.1:11434'],
  ['box', 'http://box:11434'],
  ['box:80', 'http://box:11434'],
  ['box:99', 'http://box:99'],
  ['https://box.example', 'https://box.example'],
  ['http://[', 'http://127.0.0.1:11434'],
])('OLLAMA_HOST=%s is %s', (value, origin) => {
  expect(ollamaOrigin({ OLLAMA_HOST: value })).toBe(origin);
});
