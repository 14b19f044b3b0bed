/**
 * What a model may send that it should not: the runtime says what is wrong, to the model or to the person, and goes on or
 * ends with the right exit code; the journal proves itself, and no tool runs on garbage. H-numbers: the prior art's checks.
 */
import { describe, expect } from 'vitest';
import { entriesOf, expectVerified, type Place, test } from './support/place.ts';
import { measuresMemory } from './support/processes.ts';

const go = (place: Place, ...more: string[]) => place.run(['run', '--session', 'one', ...more, 'go']);

/** A model that makes one call with these raw arguments and says what came of it. */
const callRaw = (place: Place, tool: string, arguments_raw: string): void =>
  place.play(
    [
      { match: { tool_result: tool }, reply: { text: '{{result}}' } },
      { match: { any: true }, reply: { calls: [{ tool, arguments_raw }] } },
    ],
    { governance: { auto_allow: ['exec_command', 'time', 'read_file', 'list_files', 'search_files'] } },
  );

describe('arguments', () => {
  const RAN = '"cmd":"echo ran > ran.txt"';

  test.for([
    ['H-89 no JSON', `{${RAN}`, 'JSON'],
    ['H-89 nothing, which counts as {}', '', 'cmd'],
    ['H-89 no object', '["echo"]', ''],
    [
      'H-110, H-119 an unknown property, such as the url of a good host',
      `{${RAN},"url":"https://good.example"}`,
      'url',
    ],
    ['H-110 a fraction for an integer', `{${RAN},"timeout_ms":1.5}`, 'timeout_ms'],
    ['H-110 a text for a number', `{${RAN},"timeout_ms":"1000"}`, 'timeout_ms'],
    ['the same key twice', `{"cmd":"echo harmless",${RAN}}`, 'cmd'],
    ['__proto__', `{${RAN},"__proto__":{"timeout_ms":5}}`, '__proto__'],
    ['constructor', `{${RAN},"constructor":{"prototype":{"polluted":true}}}`, 'constructor'],
    ['a number that no double holds', `{${RAN},"timeout_ms":9007199254740993}`, '9007199254740993'],
    ['half a character', `{"cmd":"echo ran > ran.txt; echo \\ud800"}`, 'surrogate'],
    ['nested ten thousand deep', `{"cmd":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'deep'],
  ] as const)('%s: the call is not run and the model is told', async ([, raw, named], { place }) => {
    callRaw(place, 'exec_command', raw);
    const { code, stdout } = await go(place);
    expect(code).toBe(0);
    expect(stdout).toContain('[invalid_arguments]');
    expect(stdout).toContain(named);
    expect(place.read('ran.txt')).toBe('');
    expect(entriesOf(place.journal('one'), 'call.started')).toEqual([]);
    await expectVerified(place, 'one');
  });

  test('long arguments lie in a blob: the line stays short', async ({ place }) => {
    const content = 'x'.repeat(300_000);
    callRaw(place, 'search_files', JSON.stringify({ query: content }));
    expect((await go(place)).code).toBe(0);
    const line = place.journal('one').find(({ type }) => type === 'model.replied')!;
    expect(JSON.stringify(line).length).toBeLessThan(64 * 1024);
    await expectVerified(place, 'one');
  });
});

describe('calls', () => {
  test('C-93: of an unknown tool: refused, the model is told, the turn goes on', async ({ place }) => {
    callRaw(place, 'launch_rocket', '{}');
    const { code, stdout } = await go(place);
    expect(code).toBe(0);
    expect(stdout).toContain('launch_rocket');
    expect(entriesOf(place.journal('one'), 'call.refused')).toMatchObject([{ why: 'unknown_tool' }]);
    await expectVerified(place, 'one');
  });

  const many = (place: Place, count: number): void =>
    place.play(
      [
        { match: { tool_result: 'time' }, reply: { text: 'enough' } },
        {
          match: { any: true },
          reply: { calls: Array.from({ length: count }, () => ({ tool: 'time', arguments: {} })) },
        },
      ],
      { orchestrator: { model_attempts: 1 } },
    );

  test('H-73 more than a reply may have: the first 64 run, the rest are refused with why', async ({ place }) => {
    many(place, 70);
    expect(await go(place)).toMatchObject({ code: 0, stdout: 'enough\n' });
    const lines = place.journal('one');
    expect(entriesOf(lines, 'call.finished')).toHaveLength(64);
    expect(entriesOf(lines, 'call.refused').map(({ why }) => why)).toEqual(Array(6).fill('limit'));
    await expectVerified(place, 'one');
  });

  test('1,000 are still a reply', async ({ place }) => {
    many(place, 1000);
    expect((await go(place)).code).toBe(0);
    expect(entriesOf(place.journal('one'), 'call.refused')).toHaveLength(936);
    await expectVerified(place, 'one');
  });

  test.for([1001, 10_000])('%i are garbage: the reply is malformed, nothing runs', async (count, { place }) => {
    many(place, count);
    const { code, stdout } = await go(place);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = place.journal('one');
    expect(entriesOf(lines, 'model.failed')).toMatchObject([{ class: 'malformed' }]);
    expect(entriesOf(lines, 'call.started')).toEqual([]);
    expect(entriesOf(lines, 'turn.ended')).toMatchObject([{ reason: 'unavailable' }]);
    await expectVerified(place, 'one');
  });
});

describe('replies', () => {
  test('H-72 empty once: asked again, and the empty one is forgotten', async ({ place, mock }) => {
    mock.reply({ text: '' }, { text: 'here' });
    place.connect(mock);
    expect(await go(place)).toMatchObject({ code: 0, stdout: 'here\n' });
    const asked = mock.requests.map(({ body }) => (body as { messages: { role: string }[] }).messages);
    expect(asked[1]!.map(({ role }) => role)).not.toContain('assistant');
    const lines = place.journal('one');
    expect(entriesOf(lines, 'turn.reflected')).toMatchObject([
      { signal: 'retry', reason: 'empty_reply' },
      { signal: 'stop' },
    ]);
    await expectVerified(place, 'one');
  });

  test('H-72 empty twice: an explicit error, exit 1', async ({ place }) => {
    place.play([{ match: { any: true } }]);
    const { code, stdout, stderr } = await go(place);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('empty reply');
    expect(entriesOf(place.journal('one'), 'turn.ended')).toMatchObject([
      { reason: 'failed', code: 'empty_reply', model_calls: 2 },
    ]);
    await expectVerified(place, 'one');
  });

  test('cut off at its length limit: asked once more, then said', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'I think that', stop_reason: 'length' } }]);
    const { code, stdout, stderr } = await go(place);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('length limit');
    await expectVerified(place, 'one');
  });

  test('calls of a reply that was cut off at its length limit do not run', async ({ place }) => {
    place.play(
      [
        { match: { tool_result: 'exec_command' }, reply: { text: '{{result}}' } },
        {
          match: { any: true },
          reply: { stop_reason: 'length', calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran > ran.txt' } }] },
        },
      ],
      { governance: { auto_allow: ['exec_command'] } },
    );
    expect((await go(place)).stdout).toContain('[invalid_arguments]');
    expect(place.read('ran.txt')).toBe('');
  });

  test.runIf(measuresMemory)('of 50 MB: cut off, malformed, in bounded memory', async ({ place, mock }) => {
    const event = { choices: [{ index: 0, delta: { content: 'x'.repeat(50_000) } }] };
    mock.reply({ raw: `data: ${JSON.stringify(event)}\n\n`, repeat: 1000 });
    place.connect(mock, {}, { orchestrator: { model_attempts: 1 } });
    const { code, stdout, stderr } = await place.run([], {
      shell: `exec /usr/bin/time -f 'peak %M KiB' "$@" run --session one go`,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(Number(/peak (\d+)/.exec(stderr)?.[1] ?? 0)).toBeLessThan(400_000);
    expect(mock.requests[0]!.sent).toBeLessThan(20_000_000); // nobody read the rest
    expect(entriesOf(place.journal('one'), 'model.failed')).toMatchObject([{ class: 'malformed' }]);
    await expectVerified(place, 'one');
  });

  test('H-90 cut in the middle: asked again, never taken as whole', async ({ place, mock }) => {
    mock.reply({ text: 'half of an answer', chunks: 4, cutAfter: 3 }, { text: 'the whole answer' });
    place.connect(mock);
    expect(await go(place)).toMatchObject({ code: 0, stdout: 'the whole answer\n' });
    expect(mock.requests).toHaveLength(2);
    const lines = place.journal('one');
    expect(entriesOf(lines, 'model.failed')).toMatchObject([{ attempt: 1, class: 'network' }]);
    expect(entriesOf(lines, 'model.replied')).toMatchObject([{ attempt: 2 }]);
    await expectVerified(place, 'one');
  });

  test('text that is no UTF-8, NUL and U+2028: the journal stays lines of JSON', async ({ place, mock }) => {
    mock.reply({ text: 'a\u2028b\0c\u0085d\r\ne' });
    place.connect(mock);
    expect((await go(place)).stdout).toBe('a\u2028b\0c\u0085d\r\ne\n');
    await expectVerified(place, 'one');
  });
});

test('a model that repeats the same call is told so, and stopped', async ({ place }) => {
  place.play([{ match: { any: true }, reply: { calls: [{ tool: 'list_files', arguments: { path: '.' } }] } }]);
  const { code, stderr } = await go(place);
  expect(code).toBe(1);
  expect(stderr).toContain('repeated the same calls');
  expect(entriesOf(place.journal('one'), 'turn.reflected').map(({ signal }) => signal)).toEqual([
    'continue',
    'continue',
    'replan',
    'stop',
  ]);
  await expectVerified(place, 'one');
});
