import { describe, expect, test } from 'vitest';
import type { MockReply } from '../../../../test/support/mock-reply.ts';
import { called, modelRequest, said } from '../../../../test/support/model-request.ts';
import type { Message, ModelRequest } from '../../../contract/messages.ts';
import { KEY, playing, serviceNamed } from '../testing/services.ts';
import { endpointOf } from './endpoint.ts';

const service = serviceNamed('anthropic');
const TOOLS: ModelRequest['tools'] = [
  { name: 'time', description: 'Tells.', parameters: { type: 'object', properties: {} } },
  { name: 'read_file', description: 'Reads.', parameters: { type: 'object', properties: { path: {} }, required: ['path'] } },
]; // prettier-ignore
const MARK = { cache_control: { type: 'ephemeral' } };

interface Body {
  messages: { role: string; content: { cache_control?: object }[] }[];
}

test('H-86 a whole history: the system prompt on top, calls and results paired, the results of a round in one message', async () => {
  const { mock, ask } = await playing(service, [{}]);
  const messages: Message[] = [
    said('Read a.'),
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'hm', opaque: '{"signature":"other"}', provider: 'elsewhere' },
        { type: 'text', text: 'Reading.' },
      ],
      tool_calls: [
        { call_id: 'c1.1.1', provider_id: 'toolu_a', name: 'read_file', arguments_raw: '{"path":"a"}' },
        { call_id: 'c1.1.2', provider_id: 'toolu_b', name: 'time', arguments_raw: '{}' },
      ],
    },
    { role: 'tool', call_id: 'c1.1.1', provider_id: 'toolu_a', name: 'read_file', output: 'A' },
    { role: 'tool', call_id: 'c1.1.2', provider_id: 'toolu_b', name: 'time', output: 'noon' },
    { role: 'note', text: 'Two calls left.' },
    {
      role: 'user',
      parts: [
        { type: 'text', text: 'See' },
        { type: 'image', base64: 'AAAA', media_type: 'image/png' },
        { type: 'file', base64: 'BBBB', media_type: 'application/pdf', name: 'b.pdf' },
        { type: 'file', base64: 'Q0ND', media_type: 'text/plain' },
      ],
    },
  ];
  await ask(modelRequest({ tools: TOOLS, messages, max_output_tokens: 777 }));
  const [{ path, headers, body }] = mock.requests as [(typeof mock.requests)[number]];
  expect(path).toBe('/v1/messages');
  expect(headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'x-api-key': KEY });
  expect(body).toEqual({
    model: 'mock',
    max_tokens: 777,
    stream: true,
    system: [{ type: 'text', text: 'Be brief.', ...MARK }],
    tools: [
      { name: 'time', description: 'Tells.', input_schema: TOOLS[0]!.parameters },
      { name: 'read_file', description: 'Reads.', input_schema: TOOLS[1]!.parameters, ...MARK },
    ],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Read a.', ...MARK }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Reading.' },
          { type: 'tool_use', id: 'toolu_a', name: 'read_file', input: { path: 'a' } },
          { type: 'tool_use', id: 'toolu_b', name: 'time', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_a', content: 'A' },
          { type: 'tool_result', tool_use_id: 'toolu_b', content: 'noon' },
          { type: 'text', text: 'Two calls left.' },
          { type: 'text', text: 'See' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' }, title: 'b.pdf' },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'CCC' }, ...MARK },
        ],
      },
    ],
  });
});

test('of a long session the last two turns of the user are marked for the cache', async () => {
  const { mock, ask } = await playing(service, [{}]);
  const rounds = Array.from({ length: 5 }, (_, index) => called('time', {}, `${index}`, `t${index}`)).flat();
  await ask(modelRequest({ tools: TOOLS, messages: [said('x'), ...rounds] }));
  const { messages } = mock.requests[0]!.body as Body;
  const marked = messages.map(({ content }) => content.some(({ cache_control }) => cache_control));
  expect(marked).toEqual([...Array<boolean>(8).fill(false), true, false, true]);
});

test('tokens: input is all that was read, from caches or not', async () => {
  const usage = { input_tokens: 5, cache_creation_input_tokens: 20, cache_read_input_tokens: 100, output_tokens: 1 };
  const start = `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { model: 'm', usage } })}\n\n`;
  const end = `event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9,"input_tokens":null}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n`;
  const { ask } = await playing(service, [{ raw: start + end }]);
  expect(await ask()).toMatchObject({ ok: true, usage: { input: 125, output: 9, cached: 100, reasoning: 0 } });
});

test('a reply that was cut counts what has come of it, not what was said at its beginning', async () => {
  const { ask } = await playing(service, [{ text: 'x'.repeat(400), chunks: 4, usage: { input: 30, output: 1 }, endAfter: 7 }]);
  expect(await ask()).toMatchObject({ ok: false, class: 'network', usage: { input: 30, output: 100 } });
}); // prettier-ignore

describe('ends of a reply', () => {
  test.each([
    ['end_turn', 'end'],
    ['stop_sequence', 'end'],
    ['pause_turn', 'end'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'refused'],
    ['something_new', 'end'],
  ])('%s is %s', async (finish, stop_reason) => {
    const { ask } = await playing(service, [{ text: 'x', finish }]);
    expect(await ask()).toMatchObject({ ok: true, stop_reason });
  });

  test('cut by length within a call', async () => {
    const reply: MockReply = { calls: [{ id: 'a', name: 'time', arguments: '{"a": "b' }], finish: 'max_tokens' };
    const { ask } = await playing(service, [reply]);
    expect(await ask()).toMatchObject({ stop_reason: 'length', tool_calls: [{ arguments_raw: '{"a": "b' }] });
  });

  test('a call without arguments has those of its beginning', async () => {
    const { ask } = await playing(service, [{ calls: [{ id: 'a', name: 'time', arguments: '' }] }]);
    expect(await ask()).toMatchObject({ tool_calls: [{ arguments_raw: '{}' }] });
  });
});

test.each([
  ['rate_limit_error', 'rate_limit'],
  ['overloaded_error', 'overload'],
  ['api_error', 'overload'],
  ['timeout_error', 'timeout'],
  ['authentication_error', 'auth'],
  ['invalid_request_error', 'invalid_request'],
])('%s among the events is %s', async (type, expected) => {
  const raw = `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"so"}}\n\n`;
  const { ask } = await playing(service, [{ raw: service.events({ text: 'x' })[0]! + raw }]);
  expect(await ask()).toMatchObject({ ok: false, class: expected, code: type });
});

test('an account without money', async () => {
  const message = 'Your credit balance is too low to access the Anthropic API.';
  const body = { type: 'error', error: { type: 'invalid_request_error', message } };
  const { ask } = await playing(service, [{ status: 400, body }]);
  expect(await ask()).toMatchObject({ class: 'auth' });
});

test.each([
  [{}, 'https://api.anthropic.com', 'anthropic'],
  [{ base_url: 'https://api.anthropic.com/v1/' }, 'https://api.anthropic.com', 'anthropic'],
  [{ base_url: 'https://gate.example/claude/v1' }, 'https://gate.example/claude', 'gate.example'],
  [{ base_url: 'https://api.anthropic.com.evil.example' }, 'https://api.anthropic.com.evil.example', 'api.anthropic.com.evil.example'],
])('%j is asked at %s', (settings, baseUrl, reasoner) => {
  expect(endpointOf({ provider: 'anthropic', ...settings })).toMatchObject({ baseUrl, reasoner });
}); // prettier-ignore
