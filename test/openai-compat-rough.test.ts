/** The endpoints in OpenAI's shapes when something is in the way: the model, the connection, the daemon's end. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import OpenAI, { APIError } from 'openai';
import { describe, expect } from 'vitest';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { entriesOf, expectVerified, test, until } from './support/place.ts';

const clientOf = ({ url, token }: Daemon): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: token });

const hello = [{ role: 'user' as const, content: 'hello' }];
const chat = { model: 'mock', messages: hello };

const textOf = async (stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> => {
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  return text;
};

const eventsOf = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const events: T[] = [];
  for await (const event of stream) events.push(event);
  return events;
};

describe('a reply', () => {
  test('is set apart in a stream from what was said before it', async ({ place, mock }) => {
    place.connect(mock);
    const calls = [{ name: 'time', arguments: {} }];
    mock.reply({ text: 'Let me look.', calls }, { text: 'Late.' }, { text: 'Again.', calls }, { text: 'Later.' });
    const client = clientOf(await startDaemon(place));
    expect(await textOf(await client.chat.completions.create({ ...chat, stream: true }))).toBe('Let me look.\n\nLate.');
    const { choices, usage } = await client.chat.completions.create(chat);
    expect({ content: choices[0]!.message.content, tokens: usage!.total_tokens }).toEqual({
      content: 'Later.',
      tokens: 30,
    });
  });

  test('that broke off and was asked for again is given twice, and only the second counts', async ({ place, mock }) => {
    place.connect(mock);
    const broken = { text: 'One two', chunks: 2, cutAfter: 2 };
    mock.reply(broken, { text: 'One two three.' }, broken, { text: 'Four five.' });
    const client = clientOf(await startDaemon(place));
    const stream = client.responses.stream({ model: 'mock', input: 'count' });
    const { status, output } = await stream.finalResponse();
    expect({ status, output }).toMatchObject({
      status: 'completed',
      output: [
        { status: 'incomplete', content: [{ text: 'One ' }] },
        { status: 'completed', phase: 'final_answer', content: [{ text: 'One two three.' }] },
      ],
    });
    expect(await textOf(await client.chat.completions.create({ ...chat, stream: true }))).toBe('One \n\nFour five.');
  });

  test('that is long comes whole, in a stream and without', async ({ place, mock }) => {
    const text = `${'A line of text, and ☃.\n'.repeat(20_000)}The end.`;
    place.connect(mock);
    mock.reply({ text, chunks: 50 }, { text, chunks: 50 });
    const client = clientOf(await startDaemon(place));
    const streamed = await textOf(await client.chat.completions.create({ ...chat, stream: true }));
    expect(streamed === text).toBe(true);
    expect((await client.responses.create({ model: 'mock', input: 'x' })).output_text === text).toBe(true);
  });

  test.for([
    [
      'refused',
      { refusal: 'I would rather not.' },
      ['content_filter', 'content_filter', 'incomplete', 'content_filter'],
    ],
    ['cut', { text: 'It beg', stop: 'length' }, ['length', 'length', 'incomplete', 'max_output_tokens']],
  ] as const)('that was %s says so', async ([, reply, said], { place, mock }) => {
    place.connect(mock);
    mock.reply(...Array.from({ length: 12 }, () => reply)); // it may be asked for again
    const client = clientOf(await startDaemon(place));
    const { choices } = await client.chat.completions.create(chat);
    const stream = await client.chat.completions.create({ ...chat, stream: true });
    const finishes: unknown[] = [];
    for await (const chunk of stream) finishes.push(...chunk.choices.flatMap((one) => one.finish_reason ?? []));
    const { status, incomplete_details } = await client.responses.create({ model: 'mock', input: 'x' });
    expect([choices[0]!.finish_reason, ...finishes, status, incomplete_details?.reason]).toEqual(said);
  });
});

describe('requests that are none', () => {
  test('are refused in the shape of the others', async ({ place, mock }) => {
    place.connect(mock);
    const { url, token } = await startDaemon(place);
    const send = async (body: string | undefined, headers: Record<string, string> = {}): Promise<unknown> => {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body }),
      });
      const { error } = (await response.json()) as { error: Record<string, unknown> };
      expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
      return [response.status, error['code']];
    };
    const fine = JSON.stringify(chat);
    expect(await send('{')).toEqual([400, 'invalid_request']);
    expect(await send('[]')).toEqual([400, 'invalid_request']);
    expect(await send('{"messages":[],"messages":[]}')).toEqual([400, 'invalid_request']);
    expect(await send('{"messages":[]}')).toEqual([400, 'invalid_request']);
    expect(await send(fine, { 'content-type': 'text/plain' })).toEqual([415, 'unsupported_media_type']);
    expect(await send(fine, { authorization: '' })).toEqual([401, 'invalid_api_key']);
    expect(await send(fine, { origin: 'https://example.com' })).toEqual([403, 'role_not_allowed']);
    expect(await send(fine, { 'idempotency-key': 'k'.repeat(300) })).toEqual([400, 'invalid_request']);
    expect(mock.requests).toEqual([]);
  });
});

/** Values of the wrong type, or of the right one with something wrong in it. */
const WRONG: Record<string, Record<string, unknown[]>> = {
  '/v1/chat/completions': {
    messages: [null, 1, 'x', {}, [null], ['x'], [{}], [{ role: 5 }], [{ role: 'user', content: [5] }]],
    model: [1, [], {}, '', 'x'.repeat(300)],
    stream: [1, 'true', []],
    stream_options: [true, 'x', { include_usage: 1 }],
    user: [1, [], {}, ''],
    metadata: ['x', [1], { a: 1 }],
  },
  '/v1/responses': {
    input: [null, 1, {}, [], [1], [{}], [{ role: 'user', content: 5 }], ''],
    model: [1, [], {}, ''],
    instructions: [1, [], {}],
    previous_response_id: [1, [], {}, ''],
    conversation: [1, [], {}, { id: 1 }, '../up', ''],
    background: [1, 'true'],
    stream: [1, 'true'],
    metadata: ['x', [1], { a: 1 }],
  },
};

describe.for(Object.entries(WRONG))('%s', ([path, fields]) => {
  test('refuses what is of the wrong type, names it, and accepts nothing', async ({ place, mock }) => {
    place.connect(mock);
    const daemon = await startDaemon(place);
    const fine = path.endsWith('responses') ? { input: 'x' } : { messages: hello };
    for (const [field, values] of Object.entries(fields)) {
      for (const value of values) {
        const response = await daemon.ask('POST', path, { ...fine, [field]: value });
        const { error } = (await response.json()) as { error: { param: string } };
        const said = [response.status, error.param.split('[')[0]];
        expect(said, `${field}: ${JSON.stringify(value)}`).toEqual([400, field]);
      }
    }
    expect(mock.requests).toEqual([]);
    expect(await (await daemon.ask('GET', '/v1/sessions')).json()).toEqual({ sessions: [] });
  });
});

describe('the end of the daemon', () => {
  test('is told to whoever waits, and nothing is done twice', async ({ place, mock }) => {
    place.connect(mock, {}, { daemon: { shutdown_timeout: '100ms' } });
    mock.reply({ hangHead: true }, { hangHead: true }, { text: 'One.' }, { text: 'Two.' });
    const daemon = await startDaemon(place);
    const client = clientOf(daemon);
    const completion = client.chat.completions
      .create(chat, { headers: { 'x-session-id': 'one' } })
      .catch((error: unknown) => error);
    const stream = await client.responses.create({ model: 'mock', input: 'hello', stream: true });
    const failing = eventsOf(stream).catch((error: unknown) => error);
    await until('both are asked', () => mock.requests.length === 2);
    process.kill(daemon.pid, 'SIGTERM');
    const failed = await completion;
    expect(failed).toBeInstanceOf(APIError);
    expect(failed).toMatchObject({ status: 503, code: 'not_done' });
    expect(await failing).toMatchObject({ code: 'not_done' });
    expect(await daemon.ended).toMatchObject({ code: 0 });
    const next = await startDaemon(place);
    await until('it is done', () => entriesOf(place.journal('one'), 'turn.ended').length === 1);
    const event = (failed as APIError).headers!.get('x-event-id')!;
    const status = await next.ask('GET', `/v1/events/${event}?wait_ms=20000`);
    expect(await status.json()).toMatchObject({ status: 'done', reason: 'success' });
    expect(place.journal('one').filter(({ type }) => type === 'input.received')).toHaveLength(1);
    await expectVerified(place, 'one');
  });

  test('comes without these endpoints having been loaded, when nobody asked for them', async ({ place, mock }) => {
    place.connect(mock);
    const file = join(place.home, 'loaded.json');
    place.write(
      'probe.cjs',
      `const vm = require('node:vm');
      const files = [];
      vm.Script = class extends vm.Script {
        constructor(source, options) {
          super(source, options);
          files.push(options.filename);
        }
      };
      process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(files)));`,
    );
    const loaded = async (use: (daemon: Daemon) => Promise<unknown>): Promise<string[]> => {
      const environment = { NODE_OPTIONS: `--require=${join(place.project, 'probe.cjs')}` };
      const daemon = await startDaemon(place, [], { environment });
      await use(daemon);
      process.kill(daemon.pid, 'SIGTERM');
      await daemon.ended;
      return (JSON.parse(readFileSync(file, 'utf8')) as string[]).map((path) => basename(path));
    };
    expect(await loaded((daemon) => daemon.ask('GET', '/v1/status'))).not.toContain('compatible.js');
    expect(await loaded((daemon) => clientOf(daemon).models.list())).toContain('compatible.js');
  });
});
