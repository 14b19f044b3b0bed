import { describe, expect, test } from 'vitest';
import { modelRequest } from '../../../../test/support/model-request.ts';
import { chatFields } from './chat.ts';
import { endpointOf, reasons } from './endpoint.ts';
import { responsesFields } from './responses.ts';

const openai = endpointOf({ provider: 'openai' });
const tools = [{ name: 't', description: 'd', parameters: {} }];

test.each([
  { settings: { provider: 'openai' }, baseUrl: 'https://api.openai.com/v1', official: true },
  { settings: { provider: 'openai', base_url: 'https://eu.api.openai.com/v1' }, baseUrl: 'https://eu.api.openai.com/v1', official: true },
  { settings: { provider: 'openai', base_url: 'https://api.openai.com.evil.example/v1' }, baseUrl: 'https://api.openai.com.evil.example/v1', official: false },
  { settings: { provider: 'zai' }, baseUrl: 'https://api.z.ai/api/paas/v4', official: false },
  { settings: { provider: 'zai', base_url: 'https://api.z.ai/api/coding/paas/v4' }, baseUrl: 'https://api.z.ai/api/coding/paas/v4', official: false },
  { settings: { provider: 'openai-codex' }, baseUrl: 'https://chatgpt.com/backend-api/codex', official: true },
  { settings: { provider: 'openai-codex', base_url: 'http://127.0.0.1:1/x/' }, baseUrl: 'http://127.0.0.1:1/x/codex', official: true },
  { settings: { provider: 'openai-codex', base_url: 'http://127.0.0.1:1/codex' }, baseUrl: 'http://127.0.0.1:1/codex', official: true },
  { settings: { provider: 'openai-codex', base_url: 'http://127.0.0.1:1/codex/responses' }, baseUrl: 'http://127.0.0.1:1/codex', official: true },
  { settings: { provider: 'ollama' }, baseUrl: 'http://127.0.0.1:11434/v1', official: false },
])('$settings', ({ settings, baseUrl, official }) => {
  expect(endpointOf(settings)).toMatchObject({ baseUrl, official });
}); // prettier-ignore

test.each([
  ['https://mine.openai.azure.com/openai/v1', true],
  ['https://mine.services.ai.azure.com/openai/v1', true],
  ['https://openai.azure.com.evil.example/v1', false],
  ['https://api.openai.com/v1', false],
])('%s is Azure’s: %s', (base_url, azure) => {
  expect(endpointOf({ provider: 'openai', base_url }).azure).toBe(azure);
});

describe('what only OpenAI’s own endpoint is told', () => {
  test('responses', () => {
    const body = responsesFields(modelRequest({ model: 'gpt-5.2', tools }), openai);
    expect(body).toMatchObject({ store: false, prompt_cache_key: 's-1', include: ['reasoning.encrypted_content'] });
    expect(responsesFields(modelRequest({ model: 'gpt-4.1' }), openai)).not.toHaveProperty('include');
  });

  test('chat', () => {
    const body = chatFields(modelRequest({ tools }), openai);
    expect(body).toMatchObject({
      max_completion_tokens: 1000,
      prompt_cache_key: 's-1',
      store: false,
      parallel_tool_calls: true,
    });
    expect(body).not.toHaveProperty('max_tokens');
  });
});

test.each([
  ['gpt-5.2', true],
  ['o3-mini', true],
  ['codex-mini-latest', true],
  ['gpt-5-chat-latest', false],
  ['gpt-4o', false],
])('%s reasons: %s', (model, expected) => {
  expect(reasons(model)).toBe(expected);
});
