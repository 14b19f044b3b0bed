import { afterEach, describe, expect, test } from 'vitest';
import { type MockOpenai, type MockReply, startMockOpenai } from '../../../../test/support/mock-openai.ts';
import { askModel, called, modelRequest, said } from '../../../../test/support/model-request.ts';
import { systemClock } from '../../../base/clock.ts';
import type { ModelRequest } from '../../../contract/messages.ts';
import type { ModelSettings } from '../settings.ts';
import { createRoutes } from '../http/routes.ts';
import { routesInPieces } from '../testing/in-pieces.ts';
import { createOpenaiClient } from './client.ts';

const open: MockOpenai[] = [];
afterEach(async () => {
  for (const mock of open.splice(0)) await mock.close();
});

const WIRES = ['responses', 'chat'] as const;
const KEY = 'sk-very-secret';

async function service(wire: (typeof WIRES)[number], replies: MockReply[], different: Partial<ModelSettings> = {}) {
  const mock = await startMockOpenai({ replies });
  open.push(mock);
  const settings = { name: 'm', provider: 'openai', base_url: mock.url, api_key: KEY, wire, ...different };
  const client = createOpenaiClient(settings, { clock: systemClock, routes: createRoutes({}) });
  const ask = async (request: ModelRequest = modelRequest()) => (await askModel(client, request)).answer;
  return { mock, client, ask };
}

const history: ModelRequest = modelRequest({
  tools: [{ name: 'read_file', description: 'Reads.', parameters: { type: 'object', additionalProperties: false } }],
  messages: [
    said('Read a.'),
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'hm', opaque: '{"id":"rs_9","encrypted_content":"other"}', provider: 'elsewhere' },
        { type: 'text', text: 'Reading.' },
      ],
      tool_calls: [{ call_id: 'c1.1.1', provider_id: 'call_a', name: 'read_file', arguments_raw: '{"path":"a"}' }],
    },
    { role: 'tool', call_id: 'c1.1.1', provider_id: 'call_a', name: 'read_file', output: 'A' },
    { role: 'note', text: 'Two calls left.' },
    {
      role: 'user',
      parts: [
        { type: 'text', text: 'See' },
        { type: 'image', base64: 'AAAA', media_type: 'image/png' },
        { type: 'file', base64: 'BBBB', media_type: 'application/pdf', name: 'b.pdf' },
      ],
    },
  ],
});

describe('requests', () => {
  test('responses: a whole history', async () => {
    const { mock, ask } = await service('responses', [{}]);
    await ask(history);
    expect(mock.requests[0]).toMatchObject({ method: 'POST', path: '/v1/responses' });
    expect(mock.requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(mock.requests[0]!.body).toEqual({
      model: 'mock',
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: 'Read a.' },
        { role: 'assistant', content: 'Reading.' },
        { type: 'function_call', call_id: 'call_a', name: 'read_file', arguments: '{"path":"a"}' },
        { type: 'function_call_output', call_id: 'call_a', output: 'A' },
        { role: 'developer', content: 'Two calls left.' },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'See' },
            { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,AAAA' },
            { type: 'input_file', filename: 'b.pdf', file_data: 'data:application/pdf;base64,BBBB' },
          ],
        },
      ],
      max_output_tokens: 1000,
      store: false,
      stream: true,
      parallel_tool_calls: true,
      tools: [
        {
          type: 'function',
          name: 'read_file',
          description: 'Reads.',
          parameters: { type: 'object', additionalProperties: false },
          strict: false,
        },
      ],
    });
  });

  test('chat: a whole history, without fields that only OpenAI knows', async () => {
    const { mock, ask } = await service('chat', [{}]);
    await ask(history);
    expect(mock.requests[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(mock.requests[0]!.body).toEqual({
      model: 'mock',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Read a.' },
        {
          role: 'assistant',
          content: 'Reading.',
          tool_calls: [{ type: 'function', id: 'call_a', function: { name: 'read_file', arguments: '{"path":"a"}' } }],
        },
        { role: 'tool', tool_call_id: 'call_a', content: 'A' },
        { role: 'system', content: 'Two calls left.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { type: 'file', file: { filename: 'b.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
          ],
        },
      ],
      max_tokens: 1000,
      stream: true,
      stream_options: { include_usage: true },
      tools: [
        {
          type: 'function',
          function: {
            name: 'read_file',
            description: 'Reads.',
            parameters: { type: 'object', additionalProperties: false },
          },
        },
      ],
    });
  });

  test('H-89 chat: arguments that were no JSON go back wrapped, as servers parse them', async () => {
    const { mock, ask } = await service('chat', [{}]);
    await ask(modelRequest({ messages: [said('x'), ...called('read_file', '{"path":', 'not JSON')] }));
    const { messages } = mock.requests[0]!.body as {
      messages: { tool_calls?: { function: { arguments: string } }[] }[];
    };
    expect(messages[2]!.tool_calls![0]!.function.arguments).toBe('{"not_json":"{\\"path\\":"}');
  });

  test('H-88 without a key none is sent, and nothing is taken from the environment', async () => {
    const { mock, client } = await service('chat', [{}], { provider: 'ollama' });
    await askModel(client, modelRequest());
    const open = createOpenaiClient(
      { name: 'm', provider: 'ollama', base_url: mock.url, wire: 'chat' },
      { clock: systemClock, routes: createRoutes({}), organization: 'org-1' },
    );
    mock.reply({});
    await askModel(open, modelRequest());
    expect(mock.requests[1]!.headers.authorization).toBeUndefined();
    expect(mock.requests[1]!.headers['openai-organization']).toBeUndefined();
  });

  test.each([
    ['http://mine.openai.azure.com/openai/v1', /^api-key: sk-very-secret$/im, /^authorization:/im],
    ['http://else.example/v1', /^authorization: Bearer sk-very-secret$/im, /^api-key:/im],
  ])('%s gets the key in its own header', async (base_url, expected, other) => {
    let sent = '';
    const routes = routesInPieces([], (request) => (sent = request));
    const settings = { name: 'm', provider: 'openai', base_url, api_key: KEY, wire: 'chat' as const };
    await askModel(createOpenaiClient(settings, { clock: systemClock, routes }), modelRequest());
    expect(sent).toMatch(expected);
    expect(sent).not.toMatch(other);
  });

  test('a reasoning item goes back to where it came from, as it came', async () => {
    const { mock, ask } = await service('responses', [{ reasoning: 'I think', text: 'So.' }, {}]);
    const answer = await ask();
    const parts = answer.ok ? answer.parts : [];
    expect(parts[0]).toMatchObject({ type: 'reasoning', text: 'I think' });
    await ask(modelRequest({ messages: [said('hello'), { role: 'assistant', parts, tool_calls: [] }, said('go on')] }));
    expect((mock.requests[1]!.body as { input: unknown[] }).input.slice(1, 3)).toEqual([
      {
        type: 'reasoning',
        id: 'rs_1',
        encrypted_content: 'sealed',
        summary: [{ type: 'summary_text', text: 'I think' }],
      },
      { role: 'assistant', content: 'So.' },
    ]);
  });
});

describe.each(WIRES)('%s: errors', (wire) => {
  const cases: { reply: MockReply; is: object }[] = [
    { reply: { status: 401, body: { error: { message: 'Incorrect API key', code: 'invalid_api_key' } } }, is: { class: 'auth', code: 'invalid_api_key' } },
    { reply: { status: 402, body: { error: { message: 'Insufficient Balance' } } }, is: { class: 'auth', code: 'http_402' } },
    { reply: { status: 403, body: { error: { message: 'Country not supported', code: 'unsupported_country' } } }, is: { class: 'auth' } },
    { reply: { status: 403, body: { error: { message: 'The input was flagged by moderation' } } }, is: { class: 'refused' } },
    { reply: { status: 429, body: { error: { message: 'You exceeded your quota', code: 'insufficient_quota' } } }, is: { class: 'auth', code: 'insufficient_quota' } },
    { reply: { status: 429, headers: { 'retry-after': '2.5' }, body: 'slow' }, is: { class: 'rate_limit', code: 'http_429', retry_after_ms: 2500 } },
    { reply: { status: 429, headers: { 'retry-after-ms': '120', 'retry-after': '9' } }, is: { class: 'rate_limit', retry_after_ms: 120 } },
    { reply: { status: 429, headers: { 'retry-after': new Date(0).toUTCString() } }, is: { class: 'rate_limit', retry_after_ms: 0 } },
    { reply: { status: 429, body: { error: { message: 'Please try again in 1.5s.' } } }, is: { class: 'rate_limit', retry_after_ms: 1500 } },
    { reply: { status: 408 }, is: { class: 'timeout', code: 'http_408' } },
    { reply: { status: 500, body: '<html>\n<b>bad</b>' }, is: { class: 'overload', code: 'http_500', message: expect.stringContaining('answered 500: <html> <b>bad</b>') } },
    { reply: { status: 503, headers: { 'retry-after': '3' } }, is: { class: 'overload', retry_after_ms: 3000 } },
    { reply: { status: 529, body: { error: { message: 'Overloaded', type: 'overloaded_error' } } }, is: { class: 'overload', code: 'overloaded_error' } },
    { reply: { status: 400, body: { error: { message: 'too long', code: 'context_length_exceeded' } } }, is: { class: 'context_too_long' } },
    { reply: { status: 400, body: { error: { message: "This model's maximum context length is 8192 tokens" } } }, is: { class: 'context_too_long' } },
    { reply: { status: 413, body: 'Payload Too Large' }, is: { class: 'context_too_long' } },
    { reply: { status: 400, body: { error: { message: 'no', code: 'content_filter' } } }, is: { class: 'refused', code: 'content_filter' } },
    { reply: { status: 400, body: { error: { message: 'bad field' } } }, is: { class: 'invalid_request', code: 'http_400' } },
    { reply: { status: 404, body: { error: { message: 'no such model', code: 'model_not_found' } } }, is: { class: 'invalid_request', code: 'model_not_found' } },
    { reply: { status: 422, body: { detail: 'field required' } }, is: { class: 'invalid_request', message: expect.stringContaining('answered 422: field required') } },
    { reply: { status: 307, headers: { location: 'https://else.example/v1?key=1' } }, is: { class: 'invalid_request', code: 'redirected', message: expect.stringContaining('to https://else.example/v1, and redirects are not followed') } },
    { reply: { raw: 'data: {"oops\n\n' }, is: { class: 'malformed', code: 'bad_event' } },
    { reply: { raw: '<html>Please log in</html>' }, is: { class: 'malformed', code: 'not_a_stream', message: expect.stringContaining('Please log in') } },
    { reply: { raw: '' }, is: { class: 'network', code: 'stream_cut' } },
    { reply: { raw: 'event: error\ndata: {"error":{"message":"Rate limit reached. Please try again in 20ms.","code":"rate_limit_exceeded"}}\n\n' }, is: { class: 'rate_limit', code: 'rate_limit_exceeded', retry_after_ms: 20 } },
    { reply: { raw: 'data: {"error":{"message":"upstream is down","code":502}}\n\n' }, is: { class: 'overload', message: expect.stringContaining('upstream is down') } },
    { reply: { cutHead: true }, is: { class: 'network', code: 'connection_lost' } },
  ]; // prettier-ignore

  test.each(cases)('$reply → $is', async ({ reply, is }) => {
    const { ask } = await service(wire, [reply]);
    expect(await ask()).toMatchObject({ ok: false, ...is });
  });

  test('an address that is none', async () => {
    const { ask } = await service(wire, [], { base_url: 'nonsense' });
    expect(await ask()).toMatchObject({ class: 'invalid_request', code: 'request_failed' });
  });
});

describe.each(WIRES)('%s: replies', (wire) => {
  test('ids: of the request, of calls, made up where they are missing or there twice', async () => {
    const { ask } = await service(wire, [
      {
        calls: [
          { id: 'same', name: 'a', arguments: {} },
          { id: 'same', name: 'b', arguments: {} },
          { id: null, name: 'c', arguments: {} },
        ],
      },
    ]);
    const answer = await ask();
    expect(answer).toMatchObject({ ok: true, provider_request_id: 'req_mock', model_served: 'mock-2026' });
    expect(answer.ok && answer.tool_calls.map(({ provider_id }) => provider_id)).toEqual(['same', 'call_2', 'call_3']);
  });
});

describe('chat: servers that do it their own way', () => {
  const chunk = (choice: object): string => `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`;
  const callOf = (index: number | undefined, id: string | undefined, name: string | undefined, args: string): object => ({
    delta: { tool_calls: [{ ...(index !== undefined && { index }), ...(id && { id }), function: { ...(name && { name }), arguments: args } }] },
  }); // prettier-ignore
  const stop = chunk({ delta: {}, finish_reason: 'stop' });

  test.each([
    { name: 'all calls have index 0', calls: [callOf(0, 'a', 'f', '{"x":'), callOf(0, undefined, undefined, '1}'), callOf(0, 'b', 'g', '{}')] },
    { name: 'no call has an index', calls: [callOf(undefined, 'a', 'f', '{"x":'), callOf(undefined, undefined, undefined, '1}'), callOf(undefined, 'b', 'g', '{}')] },
    { name: 'the id comes with each piece', calls: [callOf(0, 'a', 'f', '{"x":'), callOf(0, 'a', 'f', '1}'), callOf(1, 'b', 'g', '{}')] },
  ])('$name', async ({ calls }) => {
    const { ask } = await service('chat', [{ raw: calls.map(chunk).join('') + stop }]);
    expect(await ask()).toMatchObject({
      ok: true,
      stop_reason: 'tool_calls',
      tool_calls: [
        { provider_id: 'a', name: 'f', arguments_raw: '{"x":1}' },
        { provider_id: 'b', name: 'g', arguments_raw: '{}' },
      ],
    });
  }); // prettier-ignore

  test('the connection breaks after everything has come', async () => {
    const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n';
    const raw = chunk({ delta: { content: 'whole' } }) + stop + usage;
    const { ask } = await service('chat', [{ raw, cutAfter: 0 }]);
    expect(await ask()).toMatchObject({ ok: true, parts: [{ text: 'whole' }], usage: { input: 1, output: 1 } });
  });

  test('an id of a call that is a number', async () => {
    const calls = [{ index: 0, id: 7, function: { name: 'time', arguments: '{}' } }];
    const { ask } = await service('chat', [{ raw: chunk({ delta: { tool_calls: calls } }) + stop }]);
    expect(await ask()).toMatchObject({ ok: true, tool_calls: [{ provider_id: 'call_1', name: 'time' }] });
  });

  test.each([
    ['no text', { a: 1 }, /^mock$/],
    ['half a character', 'x\ud800', /^x\ufffd$/],
    ['without end', 'm'.repeat(3_000_000), /^m{200}$/],
  ])('a name of the model that is %s', async (_, model, served) => {
    const raw = `data: ${JSON.stringify({ model, choices: [{ delta: { content: 'hi' } }] })}\n\n${stop}`;
    const { ask } = await service('chat', [{ raw }]);
    expect(await ask()).toMatchObject({ ok: true, model_served: expect.stringMatching(served) as string });
  });

  test('text where none can be', async () => {
    const { ask } = await service('chat', [{ raw: chunk({ delta: { content: 7 } }) + stop }]);
    expect(await ask()).toMatchObject({ ok: false, class: 'malformed', code: 'bad_event' });
  });
});

describe('responses: servers that do it their own way', () => {
  const event = (fields: object): string => `data: ${JSON.stringify(fields)}\n\n`;

  test('all stands in the last event only', async () => {
    const output = [
      { type: 'message', content: [{ type: 'output_text', text: 'whole' }] },
      { type: 'function_call', call_id: 'x', name: 'f', arguments: '{}' },
    ];
    const { ask } = await service('responses', [{ raw: event({ type: 'response.completed', response: { output } }) }]);
    expect(await ask()).toMatchObject({
      ok: true,
      parts: [{ text: 'whole' }],
      tool_calls: [{ provider_id: 'x', name: 'f' }],
    });
  });

  test('the text came in deltas only', async () => {
    const raw =
      event({ type: 'response.output_text.delta', delta: 'whole' }) +
      event({ type: 'response.completed', response: {} });
    const { ask } = await service('responses', [{ raw }]);
    expect(await ask()).toMatchObject({ ok: true, parts: [{ text: 'whole' }] });
  });

  test.each([
    { error: { code: 'server_error', message: 'sorry' }, class: 'overload' },
    { error: { code: 'rate_limit_exceeded', message: 'Try later' }, class: 'rate_limit' },
    { error: { code: 'invalid_prompt', message: 'flagged' }, class: 'refused' },
    { error: null, class: 'overload' },
  ])('a response that failed: $error', async ({ error, class: expected }) => {
    const raw = event({ type: 'response.failed', response: { error } });
    const { ask } = await service('responses', [{ raw }]);
    expect(await ask()).toMatchObject({ ok: false, class: expected });
  });
});
