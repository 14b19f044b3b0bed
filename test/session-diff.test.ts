/** Two sessions compared through the built program. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { linesOf, type Place, test } from './support/place.ts';

function prepare(place: Place): void {
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'It printed:\n{{result}}\nand that was all.' } },
      { match: { contains: 'run' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'cat out.txt' } }] } },
      { match: { any: true }, reply: { text: 'You said: {{asked}}' } },
    ],
    { governance: { auto_allow: ['exec_command'] } },
  );
}

async function play(place: Place, session: string, ...texts: string[]): Promise<void> {
  for (const text of texts) expect((await place.run(['run', '--session', session, text])).code).toBe(0);
}

test('the same, whatever the ids and times; also when one was killed and carried on', async ({ place }) => {
  prepare(place);
  place.write('out.txt', 'x\n');
  await play(place, 'a', 'hello', 'run it');
  await play(place, 'b', 'hello');
  const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'after-append-model.requested:2' };
  await place.run(['run', '--session', 'b', 'run it'], { environment });
  await place.run(['session', 'resume', 'b']);
  const { code, stdout } = await place.run(['session', 'diff', 'a', 'b']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'a: a\nb: b\nthe same: 2 turns\n' });
  const json = await place.run(['session', 'diff', 'a', 'b', '-o', 'json']);
  expect(json.code).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({
    schemaVersion: 'runtime.diff.v1',
    same: true,
    same_up_to: 2,
    turns: [],
  });
});

test('different: the first place, then turn by turn', async ({ place }) => {
  prepare(place);
  place.write('out.txt', 'one\nsame\n');
  await play(place, 'a', 'hello', 'run it', 'bye');
  place.write('out.txt', 'two\nsame\n');
  await play(place, 'b', 'hello', 'run it', 'bye', 'more');
  const { code, stdout } = await place.run(['session', 'diff', 'a', 'b']);
  expect(code).toBe(1);
  const shown = stdout.replaceAll(/tokens \d+/g, 'tokens N').replaceAll(/time .*/g, 'time T');
  expect(shown).toBe(`a: a
b: b
the same up to turn 1
first difference: turn 2, result: entry 18 in a, entry 18 in b

turn 2  entries 11 to 24 in a, 11 to 24 in b
  result c2.1.1
      … 1 line the same
    - one
    + two
      … 2 lines the same
  reply
      … 1 line the same
    - one
    + two
      … 3 lines the same
  figures   tokens N, calls 1, time T

turn 4  only in b: success, entries 34 to 40
`);
  const json = await place.run(['session', 'diff', 'a', 'b', '-o', 'json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    same: false,
    same_up_to: 1,
    first: { turn: 2, what: 'result', a: 18, b: 18 },
    turns: [{ turn: 2 }, { turn: 4, differences: [] }],
  });
  const yaml = await place.run(['session', 'diff', 'a', 'b', '-o', 'yaml']);
  expect(yaml.stdout).toContain('\nsame_up_to: 1\n');
});

test('a fork: what both share is said', async ({ place }) => {
  prepare(place);
  await play(place, 'a', 'one', 'two', 'three');
  const { stdout: id } = await place.run(['session', 'fork', 'a', '--at', '2']);
  await play(place, id.trim(), 'other');
  const { code, stdout } = await place.run(['session', 'diff', 'a', id.trim()]);
  expect(code).toBe(1);
  expect(stdout).toContain('the same up to turn 2\nfirst difference: turn 3, input: ');
  expect(stdout).toContain('\nb is a fork of a, behind its entry 17\n');
  await play(place, 'a', 'four');
  const longer = await place.run(['session', 'fork', 'a', '--at', '3']);
  const parted = await place.run(['session', 'diff', 'a', longer.stdout.trim()]);
  expect(parted.stdout).toContain('the same up to turn 3\nfirst difference: turn 4, only in a: entry 27\n');
});

test('long texts are cut, unless --full asks for them', async ({ place }) => {
  prepare(place);
  const lines = (word: string) => Array.from({ length: 40 }, (_, index) => `${word} ${index}\n`).join('');
  place.write('out.txt', lines('left'));
  await play(place, 'a', 'run it');
  place.write('out.txt', lines('right'));
  await play(place, 'b', 'run it');
  const cut = await place.run(['session', 'diff', 'a', 'b']);
  expect(cut.stdout).toMatch(/… \d+ more lines: --full/);
  const full = await place.run(['session', 'diff', 'a', 'b', '--full']);
  expect(full.stdout).toContain('    + right 39\n');
});

test('what is not there is a fault of usage, what is damaged of the store', async ({ place }) => {
  prepare(place);
  await play(place, 'a', 'one');
  await play(place, 'b', 'one');
  expect(await place.run(['session', 'diff', 'a', 'none'])).toMatchObject({ code: 2, stdout: '' });
  expect(await place.run(['session', 'diff', 'a'])).toMatchObject({ code: 2, stdout: '' });
  const file = place.journalFile('b');
  const text = readFileSync(file, 'utf8');
  expect(linesOf(text)).toHaveLength(9);
  writeFileSync(file, text.replace('"success"', '"failed!"'));
  expect((await place.run(['session', 'diff', 'a', 'b'])).code).toBe(7);
});
