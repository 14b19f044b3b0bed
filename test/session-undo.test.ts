/** `session undo`: what a turn's patches changed is put back, whole or not at all, recorded, and told to the model. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Script } from '../src/contract/script.ts';
import type { UndoPlan } from '../src/contract/answers.ts';
import { entriesOf, expectVerified, LAUNCHER, type Place, type Ran, test, until } from './support/place.ts';
import { enter, openRepl } from './support/repl.ts';
import { hasStrace } from './support/syncs.ts';
import { openTerminal } from './support/terminal.ts';

const MINUTE = 60_000;
const patch = (...lines: string[]): { tool: string; arguments: { patch: string } } => ({
  tool: 'apply_patch',
  arguments: { patch: ['*** Begin Patch', ...lines, '*** End Patch', ''].join('\n') },
});

const EVERY_KIND = patch(
  '*** Update File: a.txt', '@@', '-old', '+new', '*** Add File: deep/b.txt', '+b', '*** Update File: c.txt',
  '*** Move to: moved/c.txt', '@@', '-old', '+new', '*** Delete File: d.sh',
); // prettier-ignore
const A_AGAIN = patch('*** Update File: a.txt', '@@', '-new', '+newer');

const STEPS: Script['turns'] = [
  { match: { tool_result: 'apply_patch' }, reply: { text: 'Changed.' } },
  { match: { tool_result: 'exec_command' }, reply: { text: 'Ran.' } },
  { match: { equals: 'every kind' }, reply: { calls: [EVERY_KIND] } },
  { match: { equals: 'again' }, reply: { calls: [A_AGAIN] } },
  { match: { equals: 'run' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo x > made.txt' } }] } },
  {
    match: { equals: 'mixed' },
    reply: {
      calls: [EVERY_KIND, { tool: 'exec_command', arguments: { cmd: "printf 'new\\nmore\\n' > a.txt" } }, A_AGAIN],
    },
  },
  { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
  { match: { any: true }, reply: { text: 'Nothing to do.' } },
];

const BEFORE = { 'a.txt': 'old\n', 'c.txt': 'old\n', 'd.sh': 'd\n' };
const AFTER = { 'a.txt': 'new\n', 'deep/b.txt': 'b\n', 'moved/c.txt': 'new\n' };

/** Every file of the project, temporary ones too, with its text. */
function files(place: Place): Record<string, string> {
  const entries = readdirSync(place.project, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name).slice(place.project.length + 1));
  return Object.fromEntries(paths.toSorted().map((path) => [path, place.read(path)]));
}

/** A project, and turns in session `one`. */
async function play(place: Place, ...messages: string[]): Promise<void> {
  for (const [path, text] of Object.entries(BEFORE)) place.write(path, text);
  chmodSync(join(place.project, 'd.sh'), 0o750);
  place.play(STEPS, { governance: { auto_allow: ['apply_patch', 'exec_command'] } });
  for (const message of messages) expect((await place.run(['run', '--session', 'one', message])).code).toBe(0);
}

const undo = (place: Place, ...args: string[]): Promise<Ran> => place.run(['session', 'undo', 'one', ...args]);
const undone = (place: Place) => entriesOf(place.journal('one'), 'files.undone');

describe('a turn is undone', () => {
  test('every kind of change, with the mode of what was gone; recorded, verified, and told to the model', async ({
    place,
  }) => {
    await play(place, 'every kind');
    expect(files(place)).toEqual(AFTER);
    const ran = await undo(place, '--yes');
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('turn 1 of session one: undone, 5 files') });
    expect(files(place)).toEqual(BEFORE);
    expect(statSync(join(place.project, 'd.sh')).mode & 0o777).toBe(0o750);
    const [entry] = undone(place);
    expect(entry).toMatchObject({ turn: 1, by: { actor: { id: 'local' } } });
    expect(entry!.files.map(({ path, before, after }) => [path, !!before, !!after])).toEqual([
      ['a.txt', true, true],
      ['c.txt', false, true],
      ['d.sh', false, true],
      ['deep/b.txt', true, false],
      ['moved/c.txt', true, false],
    ]);
    await expectVerified(place, 'one');

    expect((await place.run(['run', '--session', 'one', 'what now?'])).code).toBe(0);
    await expectVerified(place, 'one');
    expect(entriesOf(place.journal('one'), 'model.requested').at(-1)).toMatchObject({ message_count: 6 });
    const shown = (await place.run(['session', 'show', 'one'])).stdout;
    expect(shown).toContain('undone   turn 1 by local: a.txt, c.txt, d.sh, deep/b.txt, moved/c.txt as before');
  });

  test('the model service gets the note', async ({ place, mock }) => {
    place.connect(mock, {}, { governance: { auto_allow: ['apply_patch'] } });
    place.write('a.txt', 'old\n');
    const { tool: name, arguments: args } = patch('*** Update File: a.txt', '@@', '-old', '+new');
    mock.reply({ calls: [{ name, arguments: JSON.stringify(args) }] }, { text: 'Changed.' }, { text: 'I see.' });
    await place.run(['run', '--session', 'one', 'change it']);
    expect((await undo(place, '--yes')).code).toBe(0);
    await place.run(['run', '--session', 'one', 'and now?']);
    const sent = JSON.stringify(mock.requests.at(-1)!.body);
    expect(sent).toContain('The person undid what turn 1 did to files');
  });

  test('what it replaced is kept, so that it can be had again', async ({ place }) => {
    await play(place, 'every kind');
    await undo(place, '--yes');
    const hex = undone(place)[0]!
      .files.find(({ path }) => path === 'a.txt')!
      .before!.slice('sha256:'.length);
    const blob = join(place.home, 'workspaces/default/blobs/private', hex.slice(0, 2), hex);
    expect(spawnSync('cat', [blob], { encoding: 'utf8' }).stdout).toBe('new\n');
  });

  test('the last that changed files, then the one before; the same again is no error', async ({ place }) => {
    await play(place, 'every kind', 'again', 'hello');
    expect((await undo(place, '--yes')).stdout).toContain('turn 2');
    expect(files(place)).toEqual(AFTER);
    expect(await undo(place, '--turn', '2', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/turn 2 of session one: already undone \(seq \d+ files\.undone\)/),
    });
    expect((await undo(place, '--yes')).stdout).toContain('turn 1');
    expect(files(place)).toEqual(BEFORE);
    expect(undone(place).map(({ turn }) => turn)).toEqual([2, 1]);
    expect(await undo(place, '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('but those that were undone'),
    });
  });

  test('what commands did is not tracked, and said', async ({ place }) => {
    await play(place, 'run', 'mixed');
    expect(await undo(place, '--turn', '1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("It ran exec_command; what that changed isn't tracked"),
    });
    const plan = JSON.parse((await undo(place, '-o', 'json')).stdout) as UndoPlan;
    expect(plan).toMatchObject({ turn: 2, status: 'ready', untracked: ['exec_command'] });
    expect(plan.files.find(({ path }) => path === 'a.txt')).toMatchObject({ mixed: true, state: 'ready' });
    const { stdout } = await undo(place, '--yes');
    expect(stdout).toContain('something else changed it while the turn ran');
    expect(stdout).toContain("It also ran exec_command: what that changed isn't tracked");
    expect(files(place)).toEqual({ ...BEFORE, 'made.txt': 'x\n' });
  });

  test('through the process that owns the workspace, and not while a turn is open', async ({ place }) => {
    await play(place, 'every kind');
    const owner = place.start(['run', '--json', '--session', 'other', 'wait']);
    await owner.says('model.requested');
    await until('the owner serves', () => existsSync(join(place.home, 'workspaces/default/control.sock')));
    expect((await undo(place, '--yes')).code).toBe(0);
    expect(files(place)).toEqual(BEFORE);
    expect(await place.run(['session', 'undo', 'other', '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has a turn that hasn't ended"),
    });
    owner.child.kill('SIGINT');
    await owner.ended;
    await expectVerified(place, 'one');
  });

  test.for(['before-append', 'after-append', 'after-sync'])(
    'killed %s of the entry: the same again says so, once',
    async (point, { place }) => {
      await play(place, 'every kind');
      const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: `${point}-files.undone` };
      const args = ['session', 'undo', 'one', '--turn', '1', '--yes'];
      expect((await place.run(args, { environment })).code).not.toBe(0);
      expect(files(place)).toEqual(BEFORE);
      expect((await place.run(args)).code).toBe(0);
      expect(files(place)).toEqual(BEFORE);
      expect(undone(place)).toHaveLength(1);
      await expectVerified(place, 'one');
    },
  );

  test('of a patch whose end nobody knows what took effect is put back', async ({ place }) => {
    await play(place, 'every kind');
    await undo(place, '--yes'); // what the files hold is kept from now on, as by a patch that gets to its first file
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'after-append-call.started' };
    await place.run(['run', '--session', 'one', 'every kind'], { environment });
    // As if it had been cut behind its first file, and somebody had changed another one.
    place.write('a.txt', 'new\n');
    place.write('c.txt', 'mine\n');
    await place.run(['run', '--session', 'one']);
    expect(entriesOf(place.journal('one'), 'call.finished').at(-1)).toMatchObject({ outcome: 'unknown', files: [] });
    expect((await undo(place, '--yes')).stdout).toContain('c.txt  it was changed since');
    place.write('c.txt', 'old\n');
    const plan = JSON.parse((await undo(place, '-o', 'json')).stdout) as UndoPlan;
    expect(plan.files.map(({ path, state }) => [path, state])).toEqual([
      ['a.txt', 'ready'],
      ['deep/b.txt', 'back'],
      ['moved/c.txt', 'back'],
      ['c.txt', 'back'],
      ['d.sh', 'back'],
    ]);
    expect((await undo(place, '--yes')).code).toBe(0);
    expect(files(place)).toEqual(BEFORE);
    await expectVerified(place, 'one');
  });

  test('a tool of the agent may not', async ({ place }) => {
    await play(place, 'every kind');
    place.play(
      [
        { match: { tool_result: 'exec_command' }, reply: { text: '{{result}}' } },
        {
          match: { any: true },
          reply: { calls: [{ tool: 'exec_command', arguments: { cmd: `${LAUNCHER} session undo one --yes` } }] },
        },
      ],
      { governance: { auto_allow: ['exec_command'] } },
    );
    await place.run(['run', '--session', 'two', 'undo it']);
    expect(files(place)).toEqual(AFTER);
  });
});

describe('nothing is changed', () => {
  test('without a word from a person: the plan with its difference, exit 1', async ({ place }) => {
    await play(place, 'every kind');
    const { code, stdout, stderr } = await undo(place);
    expect({ code, files: files(place) }).toEqual({ code: 1, files: AFTER });
    expect(stdout).toContain('    --- a/a.txt\n    +++ b/a.txt\n    @@ -1,1 +1,1 @@\n    -new\n    +old');
    expect(stdout).toMatch(/^ {2}deep\/b\.txt {2}is removed$/m);
    expect(stderr).toContain('to do it: runtime session undo one --turn 1 --yes');
    expect(undone(place)).toEqual([]);
  });

  test('where a file is not as the turn left it: what would be lost, and which turn did it', async ({ place }) => {
    await play(place, 'every kind', 'again');
    const later = await undo(place, '--turn', '1', '--yes');
    expect(later.code).toBe(1);
    expect(later.stdout).toContain('a.txt  turn 2 changed it');
    expect(later.stdout).toContain('this would be lost:');
    expect(later.stderr).toContain('Undo turn 2 first: `runtime session undo one`');
    place.write('a.txt', 'mine\n');
    const mine = await undo(place, '--yes');
    expect(mine.stdout).toContain('-mine');
    expect(mine.stdout).not.toContain('b.txt');
    expect(mine).toMatchObject({ code: 1, stdout: expect.stringContaining('by nothing that this session records') });
    expect(files(place)).toEqual({ ...AFTER, 'a.txt': 'mine\n' });
    expect(undone(place)).toEqual([]);
  });

  test('where what a file held is not kept any more', async ({ place }) => {
    await play(place, 'every kind');
    rmSync(join(place.home, 'workspaces/default/blobs/private'), { recursive: true });
    expect(await undo(place, '--yes')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('what it held before the turn is not kept any more'),
      stderr: expect.stringContaining('no file is changed'),
    });
    expect(files(place)).toEqual(AFTER);
  });

  test('where a link leads elsewhere by now', async ({ place }) => {
    await play(place, 'every kind');
    rmSync(join(place.project, 'a.txt'));
    writeFileSync(join(place.home, 'elsewhere.txt'), 'new\n');
    symlinkSync(join(place.home, 'elsewhere.txt'), join(place.project, 'a.txt'));
    expect(await undo(place, '--yes')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('a.txt  a.txt is not where it was'),
    });
    expect(spawnSync('cat', [join(place.home, 'elsewhere.txt')], { encoding: 'utf8' }).stdout).toBe('new\n');
  });

  test.for([
    [['none'], 'There is no session none'],
    [['one', '--turn', '9'], 'has no turn 9'],
    [['one', '--turn', 'x'], 'is no number of a turn'],
  ] as const)('%j: said', async ([args, text], { place }) => {
    await play(place, 'hello');
    const { code, stderr } = await place.run(['session', 'undo', ...args]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(text);
  });
});

describe('at a terminal', () => {
  test('the difference, then yes or no', async ({ place }) => {
    await play(place, 'every kind');
    const no = openTerminal(place, ['session', 'undo', 'one'], { rows: 60 });
    await no.waitFor('[y/N]');
    expect(no.styled()).toContain('<red>-new</>');
    no.type('n');
    no.press('enter');
    expect(await no.exited).toMatchObject({ code: 1 });
    expect(files(place)).toEqual(AFTER);
    const yes = openTerminal(place, ['session', 'undo', 'one'], { rows: 60 });
    await yes.waitFor('[y/N]');
    yes.type('y');
    yes.press('enter');
    expect(await yes.exited).toMatchObject({ code: 0 });
    expect(files(place)).toEqual(BEFORE);
  });

  test('what was typed before the question is no answer to it', async ({ place }) => {
    await play(place, 'every kind');
    const terminal = openTerminal(place, ['session', 'undo', 'one'], { rows: 60 });
    terminal.type('y\rn');
    await terminal.waitFor('[y/N]');
    await terminal.settled();
    expect(files(place)).toEqual(AFTER);
    terminal.type('y\r');
    expect(await terminal.exited).toMatchObject({ code: 0 });
    expect(files(place)).toEqual(BEFORE);
  });

  test('/undo shows it, /undo <turn> yes does it, and the next request says so', async ({ place }) => {
    await play(place, 'every kind');
    const terminal = await openRepl(place, { args: ['run', '--session', 'one'], rows: 60 });
    await enter(terminal, '/undo', 'to do it: /undo 1 yes');
    expect(files(place)).toEqual(AFTER);
    await enter(terminal, '/undo 1 yes', 'turn 1 undone: a.txt');
    expect(files(place)).toEqual(BEFORE);
    await enter(terminal, '/undo 1', 'already undone');
    await enter(terminal, 'and now?', 'Nothing to do.');
    terminal.press('ctrl-d');
    await terminal.exited;
    await expectVerified(place, 'one');
  });
});

test(
  `kill -9 at each change of the disk, then the same again finishes it${hasStrace ? '' : ' (skipped: strace is not installed, or may not trace here)'}`,
  {
    timeout: 5 * MINUTE,
  },
  async ({ place, skip }) => {
    if (!hasStrace) skip('needs strace');
    await play(place, 'every kind');
    const saved = join(place.home, '..', 'saved');
    for (const folder of ['home', 'project'])
      cpSync(join(place.home, '..', folder), join(saved, folder), { recursive: true });
    const seen = new Set<string>();
    // strace counts each of these by itself.
    for (const call of ['rename', 'unlink', 'mkdir', 'fsync', 'fdatasync', 'fchmod', 'pwrite64']) {
      for (let n = 1, killed = true; killed; n++) {
        for (const folder of ['home', 'project'] as const) {
          for (const name of readdirSync(place[folder])) rmSync(join(place[folder], name), { recursive: true });
          cpSync(join(saved, folder), place[folder], { recursive: true });
        }
        const inject = `-e trace=${call} -e inject=${call}:signal=SIGKILL:when=${n}`;
        const cut = await place.run(['session', 'undo', 'one', '--yes'], {
          shell: `strace -f -qq -o /dev/null ${inject} "$@"`,
        });
        killed = cut.code !== 0;
        const back = Object.keys(BEFORE).filter((path) => place.read(path) === BEFORE[path as keyof typeof BEFORE]);
        seen.add([...back, undone(place).length].join(' '));
        const again = await undo(place, '--turn', '1', '--yes');
        const left = { call, n, code: again.code, files: files(place), entries: undone(place).length };
        expect(left).toEqual({ call, n, code: 0, files: BEFORE, entries: 1 });
        await expectVerified(place, 'one');
      }
    }
    // The cuts did fall before the files, between them, and between them and the entry. Which ones, the machine's load says.
    expect([...seen]).toEqual(expect.arrayContaining(['0', 'a.txt c.txt d.sh 0']));
    expect([...seen].some((left) => left === 'a.txt 0' || left === 'a.txt c.txt 0')).toBe(true);
  },
);
