/** An approval is for exactly what was shown: whatever is otherwise when the call is to run, it doesn't. */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { JsonObject } from '../src/base/json.ts';
import { CONFINED } from './support/confined.ts';
import { approvalsIn, entriesOf, expectVerified, type Place, test } from './support/place.ts';

interface Bound {
  what: string;
  tool: string;
  args: JsonObject;
  /** What the call is about, before it is asked for, and what becomes of it before it runs. */
  prepare: (place: Place) => void;
  change: (place: Place) => void;
}

const at = (place: Place, path: string): string => join(place.project, path);

function program(place: Place, path: string, text: string): void {
  writeFileSync(at(place, path), `#!/bin/sh\n${text}\n`);
  chmodSync(at(place, path), 0o755);
}

const RAN = 'echo ran >> ran.txt';
const patch = (text: string): JsonObject => ({ patch: `*** Begin Patch\n${text}\n*** End Patch\n` });
const swap = (place: Place, path: string, target: string): void => {
  renameSync(at(place, path), at(place, `${path}.old`));
  symlinkSync(at(place, target), at(place, path));
};

const BOUND: Bound[] = [
  {
    what: 'the folder has become a link to another',
    tool: 'exec_command',
    args: { cmd: 'echo ran >> ../ran.txt', workdir: 'sub' },
    prepare: (place) => ['sub', 'other'].forEach((name) => mkdirSync(at(place, name))),
    change: (place) => swap(place, 'sub', 'other'),
  },
  {
    what: 'the folder is gone',
    tool: 'exec_command',
    args: { cmd: 'echo ran >> ../ran.txt', workdir: 'sub' },
    prepare: (place) => mkdirSync(at(place, 'sub')),
    change: (place) => rmSync(at(place, 'sub'), { recursive: true }),
  },
  {
    what: 'the program is another',
    tool: 'exec_command',
    args: { command: './tool', args: ['x'] },
    prepare: (place) => program(place, 'tool', 'true'),
    change: (place) => program(place, 'tool', RAN),
  },
  {
    what: 'the program’s name leads to another',
    tool: 'exec_command',
    args: { command: './tool' },
    prepare(place) {
      program(place, 'harmless', 'true');
      program(place, 'other', RAN);
      symlinkSync(at(place, 'harmless'), at(place, 'tool'));
    },
    change(place) {
      rmSync(at(place, 'tool'));
      symlinkSync(at(place, 'other'), at(place, 'tool'));
    },
  },
  {
    what: 'the file that a line writes is a link now',
    tool: 'exec_command',
    args: { cmd: 'echo ran > out.txt' },
    prepare: (place) => place.write('out.txt', ''),
    change: (place) => swap(place, 'out.txt', 'ran.txt'),
  },
  {
    what: 'the file was changed',
    tool: 'apply_patch',
    args: patch('*** Update File: ran.txt\n@@\n-old\n+ran'),
    prepare: (place) => place.write('ran.txt', 'old\n'),
    change: (place) => place.write('ran.txt', 'old\nmore\n'),
  },
  {
    what: 'a file is there that was to be new',
    tool: 'apply_patch',
    args: patch('*** Add File: ran.txt\n+ran'),
    prepare: () => {},
    change: (place) => place.write('ran.txt', 'mine\n'),
  },
  {
    what: 'its folder leads elsewhere',
    tool: 'apply_patch',
    args: patch('*** Add File: sub/new.txt\n+ran'),
    prepare: (place) => ['sub', 'other'].forEach((name) => mkdirSync(at(place, name))),
    change: (place) => swap(place, 'sub', 'other'),
  },
  {
    what: 'what is read is a link now',
    tool: 'read_file',
    args: { path: '../notes.txt' },
    prepare: (place) => place.write('../notes.txt', 'notes'),
    change(place) {
      place.write('../ran.txt', 'ran');
      rmSync(at(place, '../notes.txt'));
      symlinkSync(at(place, '../ran.txt'), at(place, '../notes.txt'));
    },
  },
];

async function ask(place: Place, { tool, args, prepare }: Bound): Promise<string> {
  place.play([
    { match: { request: 2 }, reply: { text: '{{result}}' } },
    { match: { any: true }, reply: { calls: [{ tool, arguments: args }] } },
  ]);
  prepare(place);
  const ran = await place.run(['run', '--session', 'one', 'go']);
  expect(ran.code).toBe(5);
  return approvalsIn(ran)[0]!;
}

describe.concurrent('void, and nothing ran', () => {
  test.for(BOUND.map((bound) => [bound.what, bound] as const))('%s', async ([, bound], { place }) => {
    const id = await ask(place, bound);
    bound.change(place);
    const before = ['ran.txt', 'other/new.txt', 'out.txt'].map((path) => place.read(path));
    const approved = await place.run(['approve', id, '--resume']);
    expect(approved.code).toBe(0);
    expect(approved.stdout).toContain('[void]');
    expect(approved.stdout).not.toMatch(/\bran$/m);
    expect(['ran.txt', 'other/new.txt', 'out.txt'].map((path) => place.read(path))).toEqual(before);
    expect(entriesOf(place.journal('one'), 'call.finished')).toMatchObject([{ outcome: 'void' }]);
    await expectVerified(place, 'one');
  });

  test.for(BOUND.map((bound) => [bound.what, bound] as const))('not so, unless %s', async ([, bound], { place }) => {
    const id = await ask(place, bound);
    await place.run(['approve', id, '--resume']);
    expect(entriesOf(place.journal('one'), 'call.finished')).toMatchObject([{ outcome: 'ok' }]);
  });
});

/** Lines of every day, and what of the project becomes a link to where. `victim/` lies beside the project. */
const LED: [line: string, path: string, target: string][] = [
  ['rev notes/a.txt', 'notes/a.txt', 'f.txt'],
  ['cat notes/*', 'notes/a.txt', 'f.txt'],
  ['rm -rf build/tmp', 'build', ''],
  ['rm -rf */tmp', 'build', ''],
  ['cd build && rm -rf tmp', 'build', ''],
  ['touch out/new.txt', 'out', ''],
  ['mkdir -p out/new', 'out', ''],
  ['chmod 777 out/f.txt', 'out', ''],
  ['cp -r src dst', 'dst/src/index.js', 'f.txt'],
  ['cp -rL notes n2', 'notes/d', ''],
  ['grep -R e .', 'notes/d', ''],
];

function withVictim(place: Place): void {
  for (const folder of ['../victim/tmp', 'notes', 'build/tmp', 'out', 'src', 'dst/src'])
    mkdirSync(at(place, folder), { recursive: true });
  place.write('../victim/f.txt', 'theirs\n');
  for (const path of ['notes/a.txt', 'out/f.txt', 'src/index.js', 'dst/src/index.js']) place.write(path, 'here\n');
}

function lead(place: Place, path: string, target: string): void {
  rmSync(at(place, path), { recursive: true, force: true });
  symlinkSync(at(place, join('../victim', target)), at(place, path));
}

/** What lies there, and who may do what with it. */
const victimOf = (place: Place): unknown =>
  readdirSync(at(place, '../victim'), { recursive: true })
    .map(String)
    .sort()
    .map((name) => [name, statSync(at(place, join('../victim', name))).mode, place.read(join('../victim', name))]);

const lineOf = (cmd: string): Bound => ({ what: cmd, tool: 'exec_command', args: { cmd }, prepare: withVictim, change: () => {} }); // prettier-ignore

describe.concurrent('a line of every day whose words a link leads elsewhere', () => {
  test.for(LED)('void, where it came after the approval: %s', async ([line, path, target], { place }) => {
    const id = await ask(place, lineOf(line));
    expect((await place.run(['approvals', 'show', id])).stdout).not.toContain('goes by');
    lead(place, path, target);
    const before = victimOf(place);
    const approved = await place.run(['approve', id, '--resume']);
    expect(approved.stdout).toContain('[void]');
    expect(approved.stdout).not.toMatch(/theirs|srieht/);
    expect(victimOf(place)).toEqual(before);
    expect(place.read('n2/d/f.txt')).toBe('');
    await expectVerified(place, 'one');
  });

  test('runs, where it stays as it was shown', async ({ place }) => {
    const id = await ask(place, { ...lineOf('rev notes/a.txt'), prepare: (one) => (withVictim(one), lead(one, 'notes/a.txt', 'f.txt')) }); // prettier-ignore
    const shown = (await place.run(['approvals', 'show', id])).stdout.replace(/\n *↪ ?/g, '');
    expect(shown).toContain(`notes/a.txt, which leads to ${join(place.project, '../victim/f.txt')}`);
    expect(shown).not.toContain('not bound');
    expect((await place.run(['approve', id, '--resume'])).stdout).toContain('srieht');
  });

  test.for([
    ['make', ['']],
    ['scp -r notes src host:x', ['notes', 'src']],
  ] as const)('says what it is bound to nothing of: %s', async ([line, folders], { place }) => {
    const id = await ask(place, lineOf(line));
    const shown = (await place.run(['approvals', 'show', id])).stdout.replace(/\n *↪ ?/g, '');
    const told = folders.map((folder) => `whatever else lies in ${at(place, folder)} by then`);
    expect(shown).toContain(`not bound:   ${told.join(', ')}\n`);
    expect((await place.run(['approve', id])).code).toBe(0);
    expect((await place.run(['why', 'one/c1.1.1'])).stdout).toContain(`not bound: ${told[0]}`);
  });

  test('asks as what names the runtime, where it leads into its home', async ({ place }) => {
    withVictim(place);
    rmSync(at(place, 'notes/a.txt'));
    symlinkSync(join(place.home, 'config.yaml'), at(place, 'notes/a.txt'));
    const id = await ask(place, { ...lineOf('rev notes/*'), prepare: () => {} });
    expect((await place.run(['approvals', 'show', id])).stdout).toContain('fact:names_runtime');
  });
});

test('a policy that denies it by then: refused', async ({ place }) => {
  const bound = { ...BOUND[0]!, args: { cmd: RAN } };
  const id = await ask(place, bound);
  expect((await place.run(['approve', id])).code).toBe(0);
  expect((await place.run(['policy', 'set', 'exec_command', '--deny'])).code).toBe(0);
  const resumed = await place.run(['run', '--session', 'one']);
  expect(resumed.stdout).toContain('Denied by policy');
  expect(place.read('ran.txt')).toBe('');
  await expectVerified(place, 'one');
});

test('the model is told the reason of a no, whatever it holds, and as much as is sensible', async ({ place, mock }) => {
  place.connect(mock);
  const hostile = `not \u001b[2J\u202enow\u0000, ${'x'.repeat(20_000)} the end`.replace('\0', '');
  mock.reply({ calls: [{ name: 'exec_command', arguments: { cmd: RAN } }] }, { text: 'I see.' });
  const ran = await place.run(['run', '--session', 'one', 'go']);
  const denied = await place.run(['deny', approvalsIn(ran)[0]!, '--reason', hostile, '--resume']);
  expect(denied).toMatchObject({ code: 0, stdout: 'I see.\n' });
  const sent = JSON.stringify(mock.requests.at(-1)!.body);
  expect(sent.includes('A person denied this call: not \\\\x1b[2J‹U+202E›now, xxx')).toBe(true);
  expect(sent.length).toBeLessThan(12_000);
  const [{ reason = '' } = {}] = entriesOf(place.journal('one'), 'approval.resolved');
  expect(reason.length).toBeLessThanOrEqual(2000);
  expect(entriesOf(place.journal('one'), 'call.refused')).toMatchObject([{ why: 'approval_denied' }]);
  await expectVerified(place, 'one');
});

describe.concurrent('a line that leaves the sandbox, whatever its words are', () => {
  const cmd = 'echo done';
  const asked = async (place: Place): Promise<string> => {
    place.play(
      [
        { match: { request: 2 }, reply: { text: '{{result}}' } },
        { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd, sandbox_permissions: 'require_escalated' } }] } },
      ],
      CONFINED,
    ); // prettier-ignore
    return approvalsIn(await place.run(['run', '--session', 'one', 'go']))[0]!;
  };

  test('is shown with the links of the project that lead out of it', async ({ place }) => {
    withVictim(place);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) lead(place, `src/${name}`, 'f.txt');
    const id = await asked(place);
    const shown = (await place.run(['approvals', 'show', id])).stdout.replace(/\n *↪ ?/g, '');
    const led = (name: string): string => `src/${name}, which leads to ${join(place.project, '../victim/f.txt')}`;
    expect(shown).toContain(`links:       ${['a', 'b', 'c', 'd', 'e'].map(led).join(', ')}, … and 2 more\n`);
    expect((await place.run(['approve', id, '--resume'])).stdout).toContain('done');
    expect((await place.run(['why', 'one/c1.1.1'])).stdout).toContain(`link ${led('a')}`);
    await expectVerified(place, 'one');
  });

  test('does not run where one came', async ({ place }) => {
    withVictim(place);
    const id = await asked(place);
    expect((await place.run(['approvals', 'show', id])).stdout).not.toContain('links:');
    lead(place, 'src/a', 'f.txt');
    const { stdout } = await place.run(['approve', id, '--resume']);
    expect(stdout).toContain('not run: what it touches changed after the call was decided: there is now a link src/a');
    expect(stdout).not.toContain('done');
  });
});
