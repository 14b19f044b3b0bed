/** Files that were tortured: what is damage is seen and healed or cut, what is harmless stays so, strangers disturb nobody. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { StoreCheck, StoreRepair } from '../src/contract/store-care.ts';
import { entriesOf, expectVerified, type Place, test } from './support/place.ts';
import { hasStrace } from './support/syncs.ts';

const inStore = (place: Place, ...names: string[]): string => join(place.home, 'workspaces/default', ...names);
const ODD = 'a\u2028b\u2029c\r\nd\u0085e\u0000f {"v":1,"seq":3,"at":1} \ud83d\ude00';

async function session(place: Place, id = 'one'): Promise<string> {
  place.play([{ match: { any: true }, reply: { text: `You said ${ODD}` } }]);
  for (const message of [`first ${ODD.replace('\0', '')}`, 'second'])
    await place.run(['run', '--session', id, message]);
  return place.journalFile(id);
}

async function check(place: Place): Promise<StoreCheck & { exit: number | null }> {
  const { code, stdout } = await place.run(['store', 'check', '-o', 'json']);
  return { exit: code, ...(JSON.parse(stdout) as StoreCheck) };
}

async function repair(place: Place): Promise<StoreRepair['steps']> {
  const { stdout, stderr } = await place.run(['store', 'repair', '--apply', '-o', 'json']);
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as StoreRepair).steps;
}

describe('content of every kind', () => {
  test('stands in one line, and is what it was', async ({ place }) => {
    const file = await session(place);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(place.journal('one').length + 1);
    expect(JSON.stringify(entriesOf(place.journal('one'), 'model.replied')[0])).toContain(
      JSON.stringify(ODD).slice(1, -1),
    );
    await expectVerified(place, 'one');
    expect(await check(place)).toMatchObject({ exit: 0, problems: [], notes: [] });
  });
});

/** What is done to the lines of a journal, and what a repair makes of it. */
const TORTURES: [string, (lines: string[]) => string, 'heal' | 'cut'][] = [
  ['a block of zeros in the place of a decision', (lines) => text(lines.with(3, '\0'.repeat(512))), 'heal'],
  ['a block of zeros in the place of an answer', (lines) => text(lines.with(5, '\0'.repeat(512))), 'cut'],
  ['zeros over the middle of two lines', (lines) => zeroed(text(lines), lines, 5), 'cut'],
  ['a line twice', (lines) => text(lines.toSpliced(4, 0, lines[4]!)), 'heal'],
  ['all lines twice', (lines) => text([...lines, ...lines]), 'heal'],
  ['two lines swapped', (lines) => text(lines.with(4, lines[5]!).with(5, lines[4]!)), 'heal'],
  ['all lines the other way round', (lines) => text(lines.toReversed()), 'heal'],
  ['a decision missing', (lines) => text(lines.toSpliced(3, 1)), 'heal'],
  ['a message missing', (lines) => text(lines.toSpliced(1, 1)), 'cut'],
  ['two lines glued', (lines) => text(lines.toSpliced(4, 2, `${lines[4]}${lines[5]}`)), 'heal'],
  [
    'a line glued to the torn beginning of it',
    (lines) => text(lines.with(4, `${lines[4]!.slice(0, 90)}${lines[4]}`)),
    'heal',
  ],
  ['CR LF', (lines) => text(lines).replaceAll('\n', '\r\n'), 'heal'],
  ['spaces and empty lines', (lines) => text(lines).replaceAll('\n', '\n\n  \n'), 'heal'],
  ['a letter in another case', (lines) => text(lines.with(5, lines[5]!.replace('You said', 'you said'))), 'heal'],
  ['two bytes changed in an answer', (lines) => text(lines.with(5, lines[5]!.replace('You said', 'you Said'))), 'cut'],
  ['something else at the end', (lines) => `${text(lines)}something else\n`, 'cut'],
  ['line 1 missing', (lines) => text(lines.slice(1)), 'cut'],
];

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function zeroed(whole: string, lines: readonly string[], n: number): string {
  const end = text(lines.slice(0, n + 1)).length;
  return `${whole.slice(0, end - 200)}${'\0'.repeat(400)}${whole.slice(end + 200)}`;
}

describe('a journal with', () => {
  test.for(TORTURES)('%s', async ([, torture, action], { place }) => {
    const file = await session(place);
    const whole = readFileSync(file, 'utf8');
    const lines = whole.trimEnd().split('\n');
    const damaged = torture(lines);
    writeFileSync(file, damaged);
    expect(await check(place)).toMatchObject({ exit: 7, problems: [{ file: 'sessions/one.jsonl' }] });
    const steps = await repair(place);
    expect(steps).toMatchObject([{ action, session_id: 'one' }]);
    if (action === 'heal') expect(readFileSync(file, 'utf8')).toBe(whole);
    else if (steps[0]!.seq! > 1) expect(whole.startsWith(readFileSync(file, 'utf8'))).toBe(true);
    expect(await check(place)).toMatchObject({ exit: 0, problems: [] });
    // Whatever was done: the session can be used, and proves itself.
    expect((await place.run(['run', '--session', 'one', 'third'])).code).toBe(0);
    await expectVerified(place, 'one');
    const told = entriesOf(place.journal('one'), 'session.opened').map(({ reason }) => reason);
    expect(told).toEqual(action === 'cut' && steps[0]!.seq! > 1 ? ['repair'] : []);
  });

  test('zeros behind its end: what a crash leaves, no damage; the next turn puts them aside', async ({ place }) => {
    const file = await session(place);
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.concat([whole, Buffer.alloc(4096)]));
    expect(await check(place)).toMatchObject({ exit: 0, problems: [], notes: [{ code: 'crash_tail' }] });
    expect(await repair(place)).toEqual([]);
    expect((await place.run(['run', '--session', 'one', 'third'])).code).toBe(0);
    await expectVerified(place, 'one');
  });

  test('a last line that lacks only its newline: it is read again after a repair', async ({ place }) => {
    const file = await session(place);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, -1));
    expect(await repair(place)).toMatchObject([{ action: 'heal', healed: 'line_end: 1' }]);
    expect(readFileSync(file).equals(whole)).toBe(true);
  });
});

describe('strangers in the folder of the sessions', () => {
  test('names in other Unicode forms, foreign files and folders are left alone and noted', async ({ place }) => {
    await session(place);
    const names = [
      'cafe\u0301.jsonl',
      'caf\u00e9.jsonl',
      'ONE.jsonl',
      'one.jsonl.bak',
      '.hidden.jsonl',
      'a b.jsonl',
      'h-12.jsonl.txt',
    ];
    for (const name of names) writeFileSync(inStore(place, 'sessions', name), 'not ours\n', { mode: 0o600 });
    mkdirSync(inStore(place, 'sessions', 'folder'), { mode: 0o700 });
    const listed = JSON.parse((await place.run(['session', 'ls', '-o', 'json'])).stdout) as { session_id: string }[];
    expect(listed.map(({ session_id }) => session_id)).toEqual(['one']);
    const { exit, notes } = await check(place);
    expect(exit).toBe(0);
    expect(notes.map(({ code, file }) => `${code} ${file}`).sort()).toEqual(
      [...names, 'folder'].map((name) => `foreign sessions/${name}`).sort(),
    );
    expect(await repair(place)).toEqual([]);
    expect((await place.run(['run', '--session', 'one', 'third'])).code).toBe(0);
    for (const name of names) expect(readFileSync(inStore(place, 'sessions', name), 'utf8')).toBe('not ours\n');
  });

  test.for([
    [
      'a link',
      (path: string) => {
        renameSync(path, `${path}.away`);
        symlinkSync(`${path}.away`, path);
      },
    ],
    [
      'a pipe',
      (path: string) => {
        renameSync(path, `${path}.away`);
        execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', path]);
      },
    ],
    [
      'a folder',
      (path: string) => {
        renameSync(path, `${path}.away`);
        mkdirSync(path);
      },
    ],
  ] as const)('a journal that is %s is refused, said, and nobody waits for it', async ([, put], { place }) => {
    await session(place);
    put(place.journalFile('one'));
    const refused = await place.run(['run', '--session', 'one', 'third']);
    expect(refused).toMatchObject({ code: 7, stdout: '' });
    const { exit, problems } = await check(place);
    expect(exit).toBe(7);
    expect(problems).toContainEqual(expect.objectContaining({ code: 'not_plain', file: 'sessions/one.jsonl' }));
    expect((await place.run(['store', 'repair', '--apply'])).code).toBe(7);
    expect((await place.run(['run', '--session', 'two', 'hi'])).code).toBe(0);
  });
});

describe.skipIf(!hasStrace)(
  `a start${hasStrace ? '' : ' (skipped: strace is not installed, or may not trace here)'}`,
  () => {
    test('of a one-shot run lists no sessions, however many there are', async ({ place }) => {
      await session(place);
      const log = join(place.project, 'calls');
      const shell = `exec strace -f -qq -y -o ${log} -e trace=getdents64 "$@"`;
      for (const args of [
        ['run', 'hi'],
        ['run', '--session', 'one', 'hi'],
      ]) {
        expect((await place.run(args, { shell })).code).toBe(0);
        expect(readFileSync(log, 'utf8')).not.toContain('/sessions>');
      }
      await place.run(['session', 'ls'], { shell });
      expect(readFileSync(log, 'utf8')).toContain('/sessions>');
    });
  },
);
