import { describe, expect, test } from 'vitest';
import { called, modelRequest, said } from '../../../../test/support/model-request.ts';
import type { Message, ModelRequest } from '../../../contract/messages.ts';
import { KEY, playing, serviceNamed } from '../testing/services.ts';
import { endpointOf } from './endpoint.ts';

const service = serviceNamed('gemini');
const TOOLS: ModelRequest['tools'] = [
  { name: 'read_file', description: 'Reads.', parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'], additionalProperties: false } },
]; // prettier-ignore

test('H-87 a whole history: calls and their results by the name of the function', async () => {
  const { mock, ask } = await playing(service, [{}]);
  const messages: Message[] = [
    said('Read a.'),
    { role: 'assistant', parts: [{ type: 'text', text: 'Reading.' }], tool_calls: [
      { call_id: 'c1.1.1', provider_id: 'call_a', name: 'read_file', arguments_raw: '{"path":"a"}' },
    ] },
    { role: 'tool', call_id: 'c1.1.1', provider_id: 'call_a', name: 'read_file', output: 'A' },
    { role: 'note', text: 'Two calls left.' },
    { role: 'user', parts: [
      { type: 'image', base64: 'AAAA', media_type: 'image/png' },
      { type: 'file', base64: 'BBBB', media_type: 'application/pdf', name: 'b.pdf' },
    ] },
  ]; // prettier-ignore
  await ask(modelRequest({ tools: TOOLS, messages, max_output_tokens: 777 }));
  const [{ path, headers, body }] = mock.requests as [(typeof mock.requests)[number]];
  expect(path).toBe('/v1beta/models/mock:streamGenerateContent?alt=sse');
  expect(headers['x-goog-api-key']).toBe(KEY);
  expect(body).toEqual({
    systemInstruction: { role: 'user', parts: [{ text: 'Be brief.' }] },
    contents: [
      { role: 'user', parts: [{ text: 'Read a.' }] },
      {
        role: 'model',
        parts: [{ text: 'Reading.' }, { functionCall: { id: 'call_a', name: 'read_file', args: { path: 'a' } } }],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'call_a', name: 'read_file', response: { output: 'A' } } },
          { text: 'Two calls left.' },
          { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
          { inlineData: { mimeType: 'application/pdf', data: 'BBBB' } },
        ],
      },
    ],
    tools: [
      { functionDeclarations: [{ name: 'read_file', description: 'Reads.', parametersJsonSchema: TOOLS[0]!.parameters }] },
    ],
    generationConfig: { maxOutputTokens: 777 },
  }); // prettier-ignore
});

describe('signatures', () => {
  const sent = async (model: string, messages: Message[]): Promise<string> => {
    const { mock, ask } = await playing(service, [{}]);
    expect(await ask(modelRequest({ model, messages }))).toMatchObject({ ok: true });
    return JSON.stringify(mock.requests[0]!.body);
  };
  const foreign = [said('x'), ...called('time', {}, 'noon')];

  test('where a model demands one, calls of another provider say that they have none', async () => {
    expect(await sent('gemini-3.8-flash', foreign)).toContain('"thoughtSignature":"skip_thought_signature_validator"');
    expect(await sent('gemini-2.5-flash', foreign)).not.toContain('thoughtSignature');
  });

  test('that of a text goes back with the text', async () => {
    const { mock, ask } = await playing(service, [{ reasoning: 'hm', text: 'Yes.' }, {}]);
    const answer = await ask();
    const parts = answer.ok ? answer.parts : [];
    await ask(modelRequest({ messages: [said('x'), { role: 'assistant', parts, tool_calls: [] }, said('y')] }));
    const { contents } = mock.requests[1]!.body as { contents: object[] };
    expect(contents[1]).toEqual({ role: 'model', parts: [{ text: 'Yes.', thoughtSignature: 'sealed' }] });
  });
});

describe('ends of a reply', () => {
  test.each([
    ['STOP', 'end'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'refused'],
    ['RECITATION', 'refused'],
    ['PROHIBITED_CONTENT', 'refused'],
    ['SOMETHING_NEW', 'end'],
  ])('%s is %s', async (finish, stop_reason) => {
    const { ask } = await playing(service, [{ text: 'x', finish }]);
    expect(await ask()).toMatchObject({ ok: true, stop_reason });
  });

  test.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'OTHER'])('%s is no reply', async (finish) => {
    const { ask } = await playing(service, [{ text: 'x', finish }]);
    expect(await ask()).toMatchObject({ ok: false, class: 'malformed', code: finish, partial: 'x', usage: { input: 10 } });
  }); // prettier-ignore
});

test('a request that was blocked', async () => {
  const raw = `data: ${JSON.stringify({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 4 } })}\n\n`;
  const { ask } = await playing(service, [{ raw }]);
  expect(await ask()).toMatchObject({ ok: false, class: 'refused', code: 'SAFETY', usage: { input: 4 } });
});

test.each([
  ['no text', { x: 1 }, 'malformed', 'bad_event'],
  ['no word', `\u001b[2J${'X'.repeat(100_000)}`, 'refused', 'other'],
])('a reason of a block that is %s', async (_, blockReason, failure, code) => {
  const raw = `data: ${JSON.stringify({ promptFeedback: { blockReason } })}\n\n`;
  const { ask } = await playing(service, [{ raw }]);
  expect(await ask()).toMatchObject({ ok: false, class: failure, code });
});

test('usage that comes after the end', async () => {
  const events = service.events({ text: 'x', usage: null });
  const usage = `data: ${JSON.stringify({ usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 2, thoughtsTokenCount: 3, cachedContentTokenCount: 1 } })}\n\n`;
  const { ask } = await playing(service, [{ raw: events.join('') + usage }]);
  expect(await ask()).toMatchObject({ ok: true, usage: { input: 8, output: 5, cached: 1, reasoning: 3 } });
});

test.each([
  [{ status: 429, body: { error: { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED', details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.07s' }] } } }, { class: 'rate_limit', retry_after_ms: 34_070 }],
  [{ status: 429, body: { error: { code: 429, message: 'Please retry in 1.5s.', status: 'RESOURCE_EXHAUSTED' } } }, { class: 'rate_limit', retry_after_ms: 1500 }],
  [{ status: 400, body: { error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } } }, { class: 'auth' }],
  [{ status: 400, body: { error: { code: 400, message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).', status: 'INVALID_ARGUMENT' } } }, { class: 'context_too_long' }],
  [{ status: 400, body: [{ error: { code: 400, message: 'bad field', status: 'INVALID_ARGUMENT' } }] }, { class: 'invalid_request', code: 'INVALID_ARGUMENT' }],
])('%j', async (reply, is) => {
  const { ask } = await playing(service, [reply]);
  expect(await ask()).toMatchObject({ ok: false, ...is });
}); // prettier-ignore

test.each([
  [{}, 'https://generativelanguage.googleapis.com', 'v1beta', 'gemini'],
  [{ base_url: 'https://generativelanguage.googleapis.com/v1alpha/' }, 'https://generativelanguage.googleapis.com', 'v1alpha', 'gemini'],
  [{ base_url: 'https://gate.example/google' }, 'https://gate.example/google', 'v1beta', 'gate.example'],
])('%j is asked at %s, %s', (settings, baseUrl, apiVersion, reasoner) => {
  expect(endpointOf({ provider: 'gemini', ...settings })).toMatchObject({ baseUrl, apiVersion, reasoner });
}); // prettier-ignore
