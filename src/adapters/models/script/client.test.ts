import { describe, expect, test } from 'vitest';
import { askModel, called, modelRequest, said } from '../../../../test/support/model-request.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ModelRequest } from '../../../contract/messages.ts';
import type { Script, ScriptStep } from '../../../contract/script.ts';
import { createScriptClient } from './client.ts';

/** A clock whose time passes as soon as somebody waits for it. */
function quickClock(): Clock & { waits: number[] } {
  let now = 0;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    at(dueAt, run) {
      const timer = setImmediate(() => {
        waits.push(dueAt - now);
        now = dueAt;
        run();
      });
      return () => clearImmediate(timer);
    },
  };
}

function playing(turns: ScriptStep[], clock: Clock = quickClock()) {
  const script: Script = { model: 'script/v1', turns };
  return createScriptClient(script, { clock, timeoutMs: 120_000 });
}

async function ask(turns: ScriptStep[], request: ModelRequest = modelRequest()) {
  return (await askModel(playing(turns), request)).answer;
}

/** The text of the step that plays, the steps being told apart by theirs. */
async function chosen(matches: ScriptStep['match'][], request: Partial<ModelRequest>): Promise<string> {
  const turns = matches.map((match, index) => ({ match, reply: { text: String(index) } }));
  const answer = await ask(turns, modelRequest(request));
  return answer.ok && answer.parts[0]?.type === 'text' ? answer.parts[0].text : 'none';
}

const listed = [said('Fix it'), ...called('list_files', { path: '.' }, 'README.md\nsrc/\nsrc/a.ts')];

describe('which step plays', () => {
  test.each<{ match: ScriptStep['match']; request: Partial<ModelRequest>; plays: boolean }>([
    { match: { any: true }, request: {}, plays: true },
    { match: { any: true }, request: { messages: listed }, plays: true },
    { match: { contains: 'ell' }, request: {}, plays: true },
    { match: { contains: 'ELL' }, request: {}, plays: false },
    { match: { contains: 'README' }, request: { messages: listed }, plays: false },
    { match: { equals: 'hello' }, request: {}, plays: true },
    { match: { equals: 'hell' }, request: {}, plays: false },
    { match: { tool_result: 'list_files' }, request: { messages: listed }, plays: true },
    { match: { tool_result: 'list_files' }, request: {}, plays: false },
    { match: { tool_result: 'read_file' }, request: { messages: listed }, plays: false },
    { match: { tool_result: 'list_files', contains: 'src/' }, request: { messages: listed }, plays: true },
    { match: { tool_result: 'list_files', contains: 'lib/' }, request: { messages: listed }, plays: false },
    { match: { request: 3 }, request: { request: 3 }, plays: true },
    { match: { request: 3 }, request: { request: 2 }, plays: false },
    { match: { asked: ['repair', 'FIX'] }, request: { messages: listed }, plays: true },
    { match: { asked: ['add'] }, request: { messages: [said('my address')] }, plays: false },
    { match: { line: ['*.ts', 'read*'] }, request: { messages: listed }, plays: true },
    { match: { line: ['*.ts'] }, request: { messages: listed }, plays: false },
    { match: { line: ['!README*', '*.md'] }, request: { messages: listed }, plays: false },
    { match: { line: ['*'] }, request: { messages: [said('.env\nsrc/')] }, plays: false },
    { match: { line: ['a*b*c'] }, request: { messages: [said('axxbyyc')] }, plays: true },
    { match: { line: ['a*bc*c'] }, request: { messages: [said('abc')] }, plays: false },
    {
      match: { tool_result: 'list_files' },
      request: { messages: [...listed, { role: 'note', text: 'You repeat yourself.' }] },
      plays: true,
    },
  ])('$match', async ({ match, request, plays }) => {
    expect(await chosen([match], request)).toBe(plays ? '0' : 'none');
  });

  test('the first that matches', async () => {
    expect(await chosen([{ contains: 'x' }, { contains: 'h' }, { any: true }], {})).toBe('1');
  });

  test('a hostile line costs no time', async () => {
    const line = `${'a'.repeat(200_000)}b`;
    expect(await chosen([{ line: [`${'*a'.repeat(50)}*c`] }], { messages: [said(line)] })).toBe('none');
  });

  test('when none matches the failure says what there was', async () => {
    expect(await ask([{ match: { contains: 'x' } }])).toEqual({
      ok: false,
      class: 'invalid_request',
      code: 'no_step',
      message: 'no step of the script matches the message "hello" (request 1 of the turn)',
    });
  });
});

describe('what it plays', () => {
  test('placeholders take texts from the request', async () => {
    const text = [
      '{{asked}}|{{line}}|{{args.path}}|{{ result.list_files names 2 }}|{{result.other}}|{{unknown}}',
      '{{result quote 2}}',
    ].join('\n');
    const answer = await ask([{ match: { line: ['README*'] }, reply: { text } }], modelRequest({ messages: listed }));
    expect(answer).toMatchObject({
      parts: [{ text: 'Fix it|README.md|.|README.md, src/||{{unknown}}\n> README.md\n> src/\n> …' }],
    });
  });

  test('what is filled in is not looked at again, and breaks no JSON', async () => {
    const calls = [{ tool: 'f', arguments: { list: ['{{asked}}'], deep: { n: 1, text: '{{asked}}' } } }];
    const answer = await ask(
      [{ match: { any: true }, reply: { calls } }],
      modelRequest({ messages: [said('"{{result}}"\n')] }),
    );
    const raw = answer.ok ? answer.tool_calls[0]!.arguments_raw : '';
    expect(JSON.parse(raw)).toEqual({ list: ['"{{result}}"\n'], deep: { n: 1, text: '"{{result}}"\n' } });
  });

  test('arguments_raw go as they are', async () => {
    const answer = await ask([
      { match: { any: true }, reply: { calls: [{ tool: 'f', arguments_raw: '{"{{asked}}' }] } },
    ]);
    expect(answer).toMatchObject({ stop_reason: 'tool_calls', tool_calls: [{ arguments_raw: '{"{{asked}}' }] });
  });

  test('text comes in so many pieces, each after the delay', async () => {
    const clock = quickClock();
    const client = playing(
      [{ match: { any: true }, reply: { text: 'a🙂bcd', chunks: 3, delay: '5ms', stall: '1s' } }],
      clock,
    );
    const { deltas } = await askModel(client, modelRequest());
    expect(deltas.map(({ text }) => text)).toEqual(['a🙂', 'bc', 'd']);
    expect(clock.waits).toEqual([1000, 5, 5, 5]);
  });

  test('the same request gives the same answer, usage and digest too', async () => {
    const turns: ScriptStep[] = [{ match: { any: true }, reply: { text: 'Hi.', reasoning: 'Hm.' } }];
    const answers = [await ask(turns), await ask(turns)];
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({
      parts: [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'text', text: 'Hi.' },
      ],
      usage: { input: 4, output: 2, cached: 0, reasoning: 0 },
    });
  });

  test.each([
    'auth', 'rate_limit', 'overload', 'timeout', 'network', 'context_too_long', 'refused', 'malformed', 'invalid_request',
    'aborted',
  ] as const)('fails as %s', async (failureClass) => {
    const answer = await ask([{ match: { any: true }, fail: { class: failureClass, retry_after: '2s' } }]);
    expect(answer).toMatchObject({ ok: false, class: failureClass, code: failureClass, retry_after_ms: 2000 });
  }); // prettier-ignore

  test.each<{ step: Omit<ScriptStep, 'match'>; code: string; partial?: string }>([
    { step: { reply: { text: 'abcd', chunks: 4, cut_after: 2 } }, code: 'stream_cut', partial: 'ab' },
    { step: { reply: { text: 'abcd', chunks: 4 }, cut_after: 1 }, code: 'stream_cut', partial: 'a' },
    { step: { reply: { text: 'abcd' }, cut_after: 9 }, code: 'stream_cut', partial: 'abcd' },
    { step: { cut_after: 0 }, code: 'stream_cut' },
    { step: { stall: '10s' }, code: 'stream_cut' },
    { step: { stall: '10m' }, code: 'idle_timeout' },
  ])('$step is $code', async ({ step, code, partial }) => {
    const answer = await ask([{ match: { any: true }, ...step }]);
    expect(answer).toMatchObject({ ok: false, code, ...(partial !== undefined && { partial }) });
  });

  test('a step without anything is an empty reply', async () => {
    expect(await ask([{ match: { any: true } }])).toMatchObject({ ok: true, parts: [], stop_reason: 'end' });
  });
});
