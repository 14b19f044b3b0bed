/** The contract of ModelClient as a script model keeps it: what the suites beside this one hold against services. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { askModel, called, modelRequest, said } from '../../../../test/support/model-request.ts';
import { systemClock } from '../../../base/clock.ts';
import type { ModelClient } from '../../../contract/ports.ts';
import { createModelClient } from '../router.ts';

/** What the script is to do. */
interface Play {
  text?: string;
  chunks?: number;
  calls?: { name: string; arguments: string }[];
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
  const settings = { name: 'm', provider: 'script', script, request_timeout_ms: TIMEOUT_MS };
  return createModelClient({ models: [settings], clock: systemClock, environment: {} });
}

describe('script', () => {
  test('a text is streamed, and is the answer', async () => {
    const client = await byScript({
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
      { name: 'read_file', arguments: '{"path": "a"}' },
      { name: 'read_file', arguments: '{"path": ' },
      { name: 'no_such_tool', arguments: '' },
    ];
    const client = await byScript({ text: 'Looking.', calls });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: true, parts: [{ type: 'text', text: 'Looking.' }], stop_reason: 'tool_calls' });
    const got = answer.ok ? answer.tool_calls : [];
    expect(got.map(({ name, arguments_raw }) => [name, arguments_raw])).toEqual(
      calls.map((call) => [call.name, call.arguments]),
    );
    expect(got.map(({ provider_id }) => provider_id)).toEqual(['call_1', 'call_2', 'call_3']);
  });

  test.each(['length', 'refused'] as const)('a reply that ended by %s says so', async (stop) => {
    const client = await byScript({ text: 'So far', stop });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: true, stop_reason: stop });
  });

  test('H-90 a stream that is cut is never a complete reply', async () => {
    const client = await byScript({ text: 'abcdef', chunks: 6, cutAfter: 3 });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: false, class: 'network', code: 'stream_cut', partial: 'abc' });
  });

  test('silence for longer than the request timeout is a failure', async () => {
    const client = await byScript({ text: 'abcdef', chunks: 6, silentAfter: 2 });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: false, class: 'timeout', code: 'idle_timeout' });
  });

  test('H-83 a rate limit says how long to wait', async () => {
    const client = await byScript({ limited: { retryAfterS: 7 } });
    const { answer } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: false, class: 'rate_limit', retry_after_ms: 7000 });
    expect(answer.ok || answer.message).toContain('slow down');
  });

  test('an abort ends it soon', async () => {
    const client = await byScript({ text: 'abcdef', chunks: 6, silentAfter: 2 });
    const controller = new AbortController();
    const asked = client.ask(modelRequest(), { signal: controller.signal, onDelta: () => undefined });
    controller.abort();
    const answer = await asked;
    expect(answer).toMatchObject({ ok: false, class: 'aborted', code: 'aborted' });
  });

  test('asked with an aborted signal it does nothing', async () => {
    const client = await byScript({ text: 'never' });
    const { answer, deltas } = await askModel(client, modelRequest(), AbortSignal.abort());
    expect(answer).toMatchObject({ ok: false, class: 'aborted' });
    expect(deltas).toEqual([]);
  });

  test('it takes a whole history: notes, calls, results, images, reasoning of others', async () => {
    const client = await byScript({ text: 'Fine.' });
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
