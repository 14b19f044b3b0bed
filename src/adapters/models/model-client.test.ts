/** The contract of ModelClient, held against every adapter. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startMockOpenai } from '../../../test/support/mock-openai.ts';
import { askModel, called, modelRequest, said } from '../../../test/support/model-request.ts';
import { systemClock } from '../../base/clock.ts';
import type { ModelClient } from '../../contract/ports.ts';
import { createModelClient } from './router.ts';

/** What the model is to do, in words that every adapter's stand-in can be told. */
interface Play {
  text?: string;
  chunks?: number;
  calls?: { id: string; name: string; arguments: string }[];
  stop?: 'length' | 'refused';
  usage?: { input: number; output: number; cached: number; reasoning: number };
  /** Cut, or silent for good, after so many pieces of text. */
  cutAfter?: number;
  silentAfter?: number;
  limited?: { retryAfterS: number };
}

const clean: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0)) await one();
});

const TIMEOUT_MS = 300;

async function overHttp(wire: 'responses' | 'chat', play: Play): Promise<ModelClient> {
  const { text, chunks, calls, stop, usage, cutAfter, silentAfter, limited } = play;
  // Before the text come one event in chat, two in responses.
  const before = wire === 'chat' ? 1 : 2;
  const mock = await startMockOpenai({
    replies: [
      limited
        ? {
            status: 429,
            headers: { 'retry-after': String(limited.retryAfterS) },
            body: { error: { message: 'slow down', code: 'rate_limit_exceeded' } },
          }
        : {
            ...(text !== undefined && { text }),
            ...(chunks !== undefined && { chunks }),
            ...(calls && { calls }),
            ...(stop && { stop }),
            ...(usage && { usage }),
            ...(cutAfter !== undefined && { cutAfter: before + cutAfter, delayMs: 5 }),
            ...(silentAfter !== undefined && { hangAfter: before + silentAfter }),
          },
    ],
  });
  clean.push(() => mock.close());
  const settings = {
    name: 'm',
    provider: 'openai',
    base_url: mock.url,
    api_key: 'sk-test',
    wire,
    request_timeout_ms: TIMEOUT_MS,
  };
  return createModelClient({ models: [settings], clock: systemClock, environment: {} });
}

async function byScript(play: Play): Promise<ModelClient> {
  const { text, chunks, calls, stop, usage, cutAfter, silentAfter, limited } = play;
  const reply = {
    ...(text !== undefined && { text }),
    ...(chunks !== undefined && { chunks }),
    ...(calls && { calls: calls.map((call) => ({ tool: call.name, arguments_raw: call.arguments })) }),
    ...(stop && { stop_reason: stop }),
    ...(usage && { usage }),
    ...(cutAfter !== undefined && { cut_after: cutAfter }),
    ...(silentAfter !== undefined && { stall: '1h' }),
  };
  const fail = limited && { class: 'rate_limit', message: 'slow down', retry_after: `${limited.retryAfterS}s` };
  const step = { match: { any: true }, ...(fail ? { fail } : { reply }) };
  const folder = mkdtempSync(join(tmpdir(), 'script-'));
  clean.push(() => rmSync(folder, { recursive: true }));
  const script = join(folder, 'script.yaml');
  writeFileSync(script, JSON.stringify({ model: 'script/v1', turns: [step] }));
  const settings = { name: 'm', provider: 'script', wire: 'chat' as const, script, request_timeout_ms: TIMEOUT_MS };
  return createModelClient({ models: [settings], clock: systemClock, environment: {} });
}

const adapters: {
  name: string;
  playing(play: Play): Promise<ModelClient>;
  ids: boolean;
  streamsBeforeSilence: boolean;
}[] = [
  { name: 'openai, responses', playing: (play) => overHttp('responses', play), ids: true, streamsBeforeSilence: true },
  { name: 'openai, chat', playing: (play) => overHttp('chat', play), ids: true, streamsBeforeSilence: true },
  { name: 'script', playing: byScript, ids: false, streamsBeforeSilence: false },
];

describe.each(adapters)('$name', ({ playing, ids, streamsBeforeSilence }) => {
  test('a text is streamed, and is the answer', async () => {
    const client = await playing({
      text: 'Hello, wörld 🙂!',
      chunks: 4,
      usage: { input: 9, output: 4, cached: 3, reasoning: 1 },
    });
    const { answer, deltas } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({
      ok: true,
      parts: [{ type: 'text', text: 'Hello, wörld 🙂!' }],
      tool_calls: [],
      stop_reason: 'end',
      usage: { input: 9, output: 4, cached: 3, reasoning: 1 },
      model_served: expect.stringContaining('mock') as string,
      wire_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(deltas.every(({ kind }) => kind === 'text')).toBe(true);
    expect(deltas.map(({ text }) => text).join('')).toBe('Hello, wörld 🙂!');
    expect(deltas.length).toBeGreaterThan(2);
  });

  test('H-89 calls come in order, with their arguments as the model wrote them, JSON or not', async () => {
    const calls = [
      { id: 'call_x', name: 'read_file', arguments: '{"path": "a"}' },
      { id: 'call_y', name: 'read_file', arguments: '{"path": ' },
      { id: 'call_z', name: 'no_such_tool', arguments: '' },
    ];
    const client = await playing({ text: 'Looking.', calls });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: true, parts: [{ type: 'text', text: 'Looking.' }], stop_reason: 'tool_calls' });
    const got = answer.ok ? answer.tool_calls : [];
    expect(got.map(({ name, arguments_raw }) => [name, arguments_raw])).toEqual(
      calls.map((call) => [call.name, call.arguments]),
    );
    expect(got.map(({ provider_id }) => provider_id)).toEqual(
      ids ? ['call_x', 'call_y', 'call_z'] : ['call_1', 'call_2', 'call_3'],
    );
  });

  test.each(['length', 'refused'] as const)('a reply that ended by %s says so', async (stop) => {
    const client = await playing({ text: 'So far', stop });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: true, stop_reason: stop });
  });

  test('H-90 a stream that is cut is never a complete reply', async () => {
    const client = await playing({ text: 'abcdef', chunks: 6, cutAfter: 3 });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: false, class: 'network', code: 'stream_cut', partial: 'abc' });
  });

  test('silence for longer than the request timeout is a failure', async () => {
    const client = await playing({ text: 'abcdef', chunks: 6, silentAfter: 2 });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: false, class: 'timeout', code: 'idle_timeout' });
    if (streamsBeforeSilence) expect(answer).toMatchObject({ partial: 'ab' });
  });

  test('H-83 a rate limit says how long to wait', async () => {
    const client = await playing({ limited: { retryAfterS: 7 } });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: false, class: 'rate_limit', retry_after_ms: 7000 });
    expect(answer.ok || answer.message).toContain('slow down');
  });

  test('an abort ends it soon, with what had come', async () => {
    const client = await playing({ text: 'abcdef', chunks: 6, silentAfter: 2 });
    const controller = new AbortController();
    const asked = client.ask(modelRequest(), {
      signal: controller.signal,
      onDelta: () => setImmediate(() => controller.abort()),
    });
    if (!streamsBeforeSilence) controller.abort();
    const answer = await asked;
    expect(answer).toMatchObject({ ok: false, class: 'aborted', code: 'aborted' });
    if (streamsBeforeSilence) expect(answer.ok || answer.partial).toMatch(/^ab?$/);
  });

  test('asked with an aborted signal it does nothing', async () => {
    const client = await playing({ text: 'never' });
    const { answer, deltas } = await askModel(client, modelRequest(), AbortSignal.abort());
    expect(answer).toMatchObject({ ok: false, class: 'aborted' });
    expect(deltas).toEqual([]);
  });

  test('it takes a whole history: notes, calls, results, images, reasoning of others', async () => {
    const client = await playing({ text: 'Fine.' });
    const request = modelRequest({
      tools: [{ name: 'read_file', description: 'Reads.', parameters: { type: 'object', properties: {} } }],
      messages: [
        said('Read a.'),
        {
          role: 'assistant',
          parts: [{ type: 'reasoning', text: 'hm', opaque: 'sealed', provider: 'other' }],
          tool_calls: [],
        },
        ...called('read_file', '{"path":', 'not JSON'),
        { role: 'note', text: 'You repeat yourself.' },
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'And this?' },
            { type: 'image', base64: 'AAAA', media_type: 'image/png' },
          ],
        },
      ],
    });
    expect((await askModel(client, request)).answer).toMatchObject({
      ok: true,
      parts: [{ type: 'text', text: 'Fine.' }],
    });
  });
});
