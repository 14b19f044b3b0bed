/** Links anywhere in the project, for lines that leave a sandbox: whatever their words say, and none names a link. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestHost, testHost } from '../test-host.ts';
import { factsOf, leaving } from './testing/goes-by.ts';

let t: TestHost;
/** Beside the project: a place where the person may write. */
let victim: string;
beforeEach(() => {
  t = testHost();
  victim = realpathSync(mkdtempSync(join(tmpdir(), 'victim-')));
  writeFileSync(join(victim, 'f.txt'), 'theirs\n');
  t.file('src/deep/b.js', '');
  t.file('a.txt', '');
});
afterEach(() => {
  t.remove();
  rmSync(victim, { recursive: true });
});

const shown = (text: string): string => text.replaceAll(victim, '~V').replaceAll(t.root, '~P');
const toldOf = async (cmd: string, host = t): Promise<string[] | undefined> =>
  (await factsOf(host, cmd)).links?.map(({ path }) => shown(path));
const unboundOf = async (cmd: string): Promise<string[] | undefined> =>
  (await factsOf(t, cmd)).unbound?.map((one) => shown(one));

const LINES = [
  'ls',
  'ls src',
  'true',
  'echo hi',
  'cat a.txt',
  'git status',
  '[ -e a.txt ]',
  'rm -rf src',
  'grep -r e src',
  'cd src && ls',
  'x=1; echo $x',
  ': ',
];

describe('whatever the words of a line are, it is told of a link that leads on', () => {
  test.each(LINES)('%s', async (cmd) => {
    expect(await toldOf(cmd)).toEqual([]);
    symlinkSync(join(victim, 'f.txt'), join(t.root, 'src/deep/k'));
    expect(await toldOf(cmd)).toEqual(['src/deep/k, which leads to ~V/f.txt']);
  });

  test.each([
    ['to a folder', () => victim, '~V'],
    ['to what is not there', () => join(victim, 'new/x'), '~V/new/x'],
    ['over another link', () => '../../l', '~V'],
    ['to a secret of the project', () => '../../.env', '~P/.env'],
    ['to the home of the runtime', () => join(t.home, 'config.yaml'), '~P/.runtime-home/config.yaml'],
    ['to processes', () => `/proc/${process.ppid}/environ`, `/proc/${process.ppid}/environ`],
  ])('%s', async (_, target, real) => {
    t.file('.env', 'KEY=geheim\n');
    symlinkSync(target(), join(t.root, 'src/deep/k'));
    symlinkSync(victim, join(t.root, 'l'));
    expect(await toldOf('ls')).toContain(`src/deep/k, which leads to ${real}`);
  });

  test('to a home, though nobody may write there', async () => {
    const home = join(victim, 'home');
    mkdirSync(home, { mode: 0o555 });
    const other = testHost({ environment: { PATH: '/usr/bin:/bin', HOME: home } });
    symlinkSync(join(home, 'x'), join(other.root, 'k'));
    expect(await toldOf('ls', other)).toEqual(['k, which leads to ~V/home/x']);
    other.remove();
  });

  test.each(['node_modules/x', '.git/hooks', '.venv/bin', 'target'])('in %s', async (folder) => {
    mkdirSync(join(t.root, folder), { recursive: true });
    symlinkSync(victim, join(t.root, folder, 'k'));
    expect(await toldOf('ls')).toEqual([`${folder}/k, which leads to ~V`]);
  });

  test('where settings let commands write, too, and also by name', async () => {
    const other = testHost({
      sandboxes: {
        find: () => Promise.resolve({ none: 'a test' }),
        namesFile: () => false,
        hidden: () => [],
        written: () => [join(victim, 'out')],
      },
    });
    mkdirSync(join(victim, 'out'));
    symlinkSync(join(victim, 'f.txt'), join(victim, 'out/k'));
    const told = '~V/out/k, which leads to ~V/f.txt';
    expect(await toldOf('ls', other)).toEqual([told]);
    expect(await toldOf('ls')).toEqual([]);
    const { runs } = await factsOf(other, `rev ${victim}/out/k`);
    expect(runs?.map(({ path }) => shown(path))).toContain(told);
    other.remove();
  });
});

test('few are told, all are counted, and what the words name stands elsewhere', async () => {
  for (let i = 0; i < 9; i++) symlinkSync(join(victim, 'f.txt'), join(t.root, `src/k${i}`));
  const rows = (from: number[]): string[] => from.map((i) => `src/k${i}, which leads to ~V/f.txt`);
  expect(await toldOf('rev src/k2')).toEqual([...rows([0, 1, 3, 4, 5]), '… and 3 more']);
  const { runs } = await factsOf(t, 'rev src/k2');
  expect(runs?.map(({ path }) => shown(path))).toContain(rows([2])[0]);
});

test.each([
  ['in the project', () => '../a.txt'],
  ['nowhere', () => 'k'],
])('a link that leads %s is none', async (_, target) => {
  symlinkSync(target(), join(t.root, 'src/k'));
  expect(await toldOf('ls')).toEqual([]);
});

test('nor is one to what everybody may read, and the person not write', async () => {
  symlinkSync('/usr/bin/env', join(t.root, 'src/k'));
  // Root may write everywhere.
  expect(await toldOf('ls')).toEqual(process.getuid!() === 0 ? ['src/k, which leads to /usr/bin/env'] : []);
});

test('where nothing is ever confined, nothing is looked through', async () => {
  symlinkSync(victim, join(t.root, 'src/k'));
  expect((await t.inspect('exec_command', { cmd: 'ls' })).facts.links).toBeUndefined();
});

describe('after the approval, the line does not run', () => {
  const link = (name: string, target: string): void => {
    rmSync(join(t.root, name), { force: true });
    symlinkSync(join(victim, target), join(t.root, name));
  };

  test.each(LINES)('where one comes, goes, or leads to another place: %s', async (cmd) => {
    const without = await t.host.inspect(leaving(t, cmd));
    link('src/deep/k', 'f.txt');
    const first = await t.run(leaving(t, cmd), without);
    expect(first).toMatchObject({ outcome: 'void', output: '' });
    expect(first.error?.message).toContain('there is now a link src/deep/k, which leads to');
    const within = await t.host.inspect(leaving(t, cmd));
    link('src/deep/k', 'g.txt');
    expect(await t.run(leaving(t, cmd), within)).toMatchObject({ outcome: 'void', output: '' });
    rmSync(join(t.root, 'src/deep/k'));
    const last = await t.run(leaving(t, cmd), within);
    expect(last).toMatchObject({ outcome: 'void', output: '' });
    expect(last.error?.message).toContain('there is no more a link src/deep/k, which leads to');
  });

  test('also where it is one of many', async () => {
    for (let i = 0; i < 9; i++) link(`src/k${i}`, 'f.txt');
    const inspection = await t.host.inspect(leaving(t, 'ls'));
    link('src/k8', 'g.txt');
    expect(await t.run(leaving(t, 'ls'), inspection)).toMatchObject({ outcome: 'void' });
    link('src/k8', 'f.txt');
    expect(await t.run(leaving(t, 'ls'), inspection)).toMatchObject({ outcome: 'ok' });
  });
});

describe('folders in which nobody here could look are told', () => {
  const isRoot = process.geteuid!() === 0;

  test.each([0o000, 0o444])('locked ones (%o)', async (mode) => {
    mkdirSync(join(t.root, 'box'));
    symlinkSync(victim, join(t.root, 'box/k'));
    if (isRoot) for (const path of ['', 'box']) chownSync(join(t.root, path), 65_534, 65_534);
    chmodSync(join(t.root, 'box'), mode);
    if (isRoot) process.seteuid!(65_534);
    try {
      expect(await unboundOf('ls')).toEqual(['~P/box']);
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(join(t.root, 'box'), 0o755);
    }
  });

  test('those with names that are no text', async () => {
    symlinkSync(victim, Buffer.from(`${t.root}/src/d\xfe`, 'latin1'));
    expect(await unboundOf('ls')).toEqual(['~P/src']);
  });

  test('those that are too many: what others made is looked through last', async () => {
    const make = (folder: string, count: number): void => {
      for (let i = 0; i < count; i++) mkdirSync(join(t.root, folder, `${i}`), { recursive: true });
    };
    make('node_modules', 10_000);
    expect(await unboundOf('ls')).toEqual(['~P/node_modules']);
    symlinkSync(victim, join(t.root, 'src/k'));
    expect(await toldOf('ls')).toEqual(['src/k, which leads to ~V']);
    rmSync(join(t.root, 'node_modules'), { recursive: true });
    make('large', 10_000);
    expect(await unboundOf('ls')).toEqual(['~P']);
    expect(await unboundOf('node src/deep/b.js')).toEqual(['~P']);
  });
});
