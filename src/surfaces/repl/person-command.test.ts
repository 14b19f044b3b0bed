import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { createPersonal } from './person-command.ts';

const LIMIT_MS = 30_000;
const WITHIN = { timeout: LIMIT_MS };
vi.setConfig({ testTimeout: LIMIT_MS });

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-personal-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function setUp({ cwd = folder, shell = '/bin/sh' } = {}) {
  const printed: string[] = [];
  const said: string[] = [];
  const personal = createPersonal({
    clock: systemClock,
    environment: { SHELL: shell },
    cwd: () => cwd,
    tone: (_, text) => text,
    say: (text) => said.push(text),
    print: (lines) => void printed.push(...lines),
    refresh: () => {},
  });
  /** What goes with a message that is sent now. */
  const notes = (): Promise<string[]> => personal.withNotes(async (taken) => taken.map(({ text }) => text));
  return { personal, printed, said, notes };
}

test('a command is shown, runs where the files are, and what it printed goes with the next message', async () => {
  const { personal, printed, said, notes } = setUp();
  const run = personal.run('pwd; echo on the other >&2; exit 3');
  expect(personal.isRunning()).toBe(true);
  await run;
  expect(personal.isRunning()).toBe(false);
  expect(printed.slice(0, 2)).toEqual(['', '! pwd; echo on the other >&2; exit 3']);
  expect(printed.slice(2).sort()).toEqual([`  ${folder}`, '  on the other']);
  expect(said).toEqual(['  exit code 3; goes with your next message']);
  expect(await notes()).toEqual([expect.stringMatching(/^I ran `pwd; .*` myself \(exit code 3\):\n/)]);
  expect(await notes()).toEqual([]);
});

test('several commands give several notes, in order', async () => {
  const { personal, notes } = setUp();
  await personal.run('echo one');
  await personal.run('echo two');
  expect(await notes()).toEqual([
    'I ran `echo one` myself (exit code 0):\none\n',
    'I ran `echo two` myself (exit code 0):\ntwo\n',
  ]);
});

test('what goes with a message that can’t be sent goes with the next, before what came after it', async () => {
  const { personal, notes } = setUp();
  await personal.run('echo one');
  const sending = personal.withNotes(async () => {
    await personal.run('echo two');
    expect(await notes()).toEqual([expect.stringContaining('echo two')]);
    await personal.run('echo three');
    throw new Error('the owner has left');
  });
  await expect(sending).rejects.toThrow('the owner has left');
  expect(await notes()).toEqual([expect.stringContaining('echo one'), expect.stringContaining('echo three')]);
});

test('of a command of several lines it is said in short how it ended', async () => {
  const { personal, said, printed } = setUp();
  await personal.run('echo one\necho two');
  expect(printed).toEqual(['', '! echo one echo two', '  one', '  two']);
  expect(said).toEqual(['  exit code 0; goes with your next message']);
});

test('what it prints can’t move the cursor, colour the screen or hide anything', async () => {
  const { personal, printed } = setUp();
  await personal.run(String.raw`printf 'a\033[2J\033]0;title\007b\n10%%\r20%%\r100%%\nbell\007\ttab\nno end'`);
  expect(printed.slice(2)).toEqual(['  ab', '  100%', '  bell�    tab', '  no end']);
});

test('a character that comes in two pieces is one', async () => {
  const { personal, printed } = setUp();
  await personal.run(String.raw`printf '\303'; sleep 0.05; printf '\244\n'`);
  expect(printed.at(-1)).toBe('  ä');
});

test('much output is shown, and only its beginning is told to the model', async () => {
  const { personal, printed, notes } = setUp();
  await personal.run('seq 1 50000');
  expect(printed.slice(2)).toHaveLength(50_000);
  const [note = ''] = await notes();
  expect(note.length).toBeLessThan(17_000);
  expect(note).toMatch(/\n\[… more left out …\]$/);
});

test('a line without an end is shown in pieces, and progress on one line as its last state', async () => {
  const { personal, printed } = setUp();
  await personal.run(`head -c 1000000 /dev/zero | tr '\\0' x`);
  const pieces = printed.slice(2);
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.map((piece) => piece.trim()).join('')).toHaveLength(1_000_000);

  const progress = setUp();
  await progress.personal.run(`seq 1 20000 | tr '\\n' '\\r'`);
  expect(progress.printed.slice(2)).toEqual(['  20000']);
});

test('Ctrl-C reaches all that it started', async () => {
  const { personal, printed, said } = setUp();
  const run = personal.run('echo begun; sleep 1000 | sleep 1000');
  await vi.waitFor(() => expect(printed).toContain('  begun'), WITHIN);
  personal.interrupt();
  await run;
  expect(said[0]).toMatch(/^ {2}(?:ended by SIGINT|exit code 130); goes/);
});

test('the end of the terminal reaches it as a hang-up', async () => {
  const { personal, printed, said } = setUp();
  const run = personal.run(`trap 'exit 7' HUP; echo begun; while :; do sleep 0.05; done`);
  await vi.waitFor(() => expect(printed).toContain('  begun'), WITHIN);
  personal.hangUp();
  await run;
  expect(said).toEqual(['  exit code 7; goes with your next message']);
});

test('a second command waits for nothing: it is refused while the first runs', async () => {
  const { personal, said, printed } = setUp();
  const run = personal.run('echo begun; sleep 1000');
  await personal.run('echo other');
  expect(said).toEqual(['your last command still runs; Ctrl-C ends it']);
  await vi.waitFor(() => expect(printed).toContain('  begun'), WITHIN);
  personal.interrupt();
  await run;
  expect(printed).not.toContain('  other');
});

test('what it leaves running does not hold up the person, and may go on writing', async () => {
  const { personal, printed, notes } = setUp();
  // It writes once the command itself is done for us, and then says that it could.
  const pid = join(folder, 'pid');
  const late = join(folder, 'late');
  await personal.run(
    `(echo $$ >/dev/null; while [ ! -e go ]; do sleep 0.02; done; echo late && echo ok > late; exec sleep 1000) & echo $! > pid; echo done`,
  );
  const left = Number(readFileSync(pid, 'utf8'));
  try {
    expect(personal.isRunning()).toBe(false);
    expect(await notes()).toEqual([expect.stringMatching(/\(exit code 0\):\ndone\n$/)]);
    await personal.run('touch go');
    await vi.waitFor(() => expect(readFileSync(late, 'utf8')).toBe('ok\n'), WITHIN);
    expect(printed).not.toContain('  late');
  } finally {
    process.kill(left, 'SIGKILL');
  }
});

test('a command that can’t be started says why', async () => {
  const { personal, said, notes } = setUp({ shell: join('/nosuch', 'shell') });
  await personal.run('true');
  expect(said).toEqual(['  spawn /nosuch/shell ENOENT; goes with your next message']);
  expect(await notes()).toEqual(['I tried to run `true`, but: spawn /nosuch/shell ENOENT']);
  expect(personal.isRunning()).toBe(false);

  const nowhere = setUp({ cwd: join(folder, 'gone') });
  await nowhere.personal.run('true');
  expect(nowhere.said[0]).toContain('ENOENT');
});

test('without a running command nothing is interrupted', () => {
  const { personal } = setUp();
  expect(() => {
    personal.interrupt();
    personal.hangUp();
  }).not.toThrow();
});
