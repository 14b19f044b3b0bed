/** Where links of the project lead a line that nothing confines: a command could have put them there, and no word says so. */
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

let t: TestHost;
/** Beside the project, with f.txt and tmp/. */
let victim: string;
beforeEach(() => {
  t = testHost();
  victim = realpathSync(mkdtempSync(join(tmpdir(), 'victim-')));
  mkdirSync(join(victim, 'tmp'));
  writeFileSync(join(victim, 'f.txt'), 'theirs\n');
  for (const name of [
    'notes/a.txt',
    'build/tmp/x',
    'build/2/x',
    'out/f.txt',
    'src/index.js',
    'src/deep/b.js',
    'dst/src/index.js',
  ])
    t.file(name, '');
});
afterEach(() => {
  t.remove();
  rmSync(victim, { recursive: true });
});

/** In the place of what is there. */
function link(target: string, path: string): void {
  rmSync(join(t.root, path), { recursive: true, force: true });
  symlinkSync(target, join(t.root, path));
}

const toldOf = async (cmd: string, more: object = {}): Promise<string[] | undefined> =>
  (await t.inspect('exec_command', { cmd, ...more })).facts.runs?.map(({ path, digest }) =>
    digest === undefined ? `whatever ${path} is by then` : path.replaceAll(victim, '~V').replaceAll(t.root, '~P'),
  );

type Case = [line: string, path: string, target: string, told: string[]];

const NAMED: Case[] = [
  ['rev notes/a.txt', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['rev ./notes//a.txt', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['rev < notes/a.txt', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['rm -rf build/tmp', 'build', '~V', ['build/tmp, which leads to ~V/tmp']],
  ['rm -rf build/../src', 'build', '~V/tmp', ['build/../src, which leads to ~V/src']],
  ['touch out/new.txt', 'out', '~V', ['out/new.txt, which leads to ~V/new.txt']],
  ['mkdir -p out/new/deep', 'out', '~V', ['out/new/deep, which leads to ~V/new/deep']],
  ['chmod 777 out/f.txt', 'out', '~V', ['out/f.txt, which leads to ~V/f.txt']],
  ['cat notes/*', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['rm -rf */tmp', 'build', '~V', ['build/tmp, which leads to ~V/tmp']],
  ['rm -rf {build,x}/tmp', 'build', '~V', ['build/tmp, which leads to ~V/tmp']],
  ['cd build && rm -rf tmp', 'build', '~V', ['build, which leads to ~V']],
  ['cd src && rm -rf deep/b.js', 'src/deep', '~V', ['src/deep/b.js, which leads to ~V/b.js']],
  ['for f in notes/a.txt; do rev "$f"; done', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['f=notes/a.txt; rev $f', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['git tag -aFnotes/a.txt v1', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['date -ufnotes/a.txt', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['git format-patch -qoout --root HEAD', 'out', '~V', ['out, which leads to ~V']],
  ['grep -nfnotes/a.txt src/index.js', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['touch -crnotes/a.txt x', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  [
    'unknown-program notes/a.txt,src notes/a.txt:ro',
    'notes/a.txt',
    '~V/f.txt',
    ['notes/a.txt, which leads to ~V/f.txt'],
  ],
  ['(g=q); rev "notes/$g/a.txt"', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  [
    'for ((i=1;i<3;i++)); do rev "build/$i/log.txt"; done',
    'build/2',
    '~V',
    ['build/2/log.txt, which leads to ~V/log.txt'],
  ],
  [
    'for ((i=1;i<3;i++)); do touch "build/$i/out/s.txt"; done',
    'build/2/out',
    '~V',
    ['build/2/out/s.txt, which leads to ~V/s.txt'],
  ],
  ['rev build/$((1+1)).txt', 'build/2.txt', '~V/f.txt', ['build/2.txt, which leads to ~V/f.txt']],
  [
    'touch build/$(date +%F).log',
    'build/2026-11-23.log',
    '~V/f.txt',
    ['build/2026-11-23.log, which leads to ~V/f.txt'],
  ],
  ['touch build/$((1+1))/new/x', 'build/2', '~V', ['build/2/new/x, which leads to ~V/new/x']],
  ['f=1; [[ f=2 -eq 2 ]]; rev "build/$f"', 'build/2', '~V/f.txt', ['build/2, which leads to ~V/f.txt']],
  ['f=1; a[f=2]=1; rev "build/$f"', 'build/2', '~V/f.txt', ['build/2, which leads to ~V/f.txt']],
  ['f=1; ls $((f=2)); rev "build/$f"', 'build/2', '~V/f.txt', ['build/2, which leads to ~V/f.txt']],
  ["f=1; x='f=2'; : $((x)); rev build/$f", 'build/2', '~V/f.txt', ['build/2, which leads to ~V/f.txt']],
  ['f=1; echo ${x:f=2}; rev build/$f', 'build/2', '~V/f.txt', ['build/2, which leads to ~V/f.txt']],
  ['rev "$PWD/notes/a.txt"', 'notes/a.txt', '~V/f.txt', ['notes/a.txt, which leads to ~V/f.txt']],
  ['cat notes/a.txt', 'notes', 'src/deep', ['notes/a.txt, which leads to ~P/src/deep/a.txt']],
  ['rev notes/a.txt', 'notes/a.txt', 'gone', ['notes/a.txt, which leads to ~P/notes/gone']],
];

/** The shell sets them itself, or makes another value of what they are given. */
const UNKNOWN_VALUES = [
  '_=1; echo 2; rev "build/$_"', 'UID=1; rev build/$UID', 'LINENO=1; rev build/$LINENO', 'SECONDS=1; rev build/$SECONDS', 'OPTIND=1; rev build/$OPTIND',
  'declare -u f=a; rev build/$f', 'typeset -l f=A; rev build/$f', 'coproc f { ls; }; f=1; rev build/$f', 'f=1; unset f; rev build/$f', 'f=1; wait -pf; rev build/$f',
  'f=a; read -af <<< b; rev build/$f', 'cat f; ((i==1)); rev build/$f', 'rev build/$(date +%D)', 'rev build/$(uname -o)', 'rev build/$(seq -f %g/x 2)',
]; // prettier-ignore

/** Links below what is named, or wherever nobody knows what is. */
const BELOW: Case[] = [
  ['cp -r src dst', 'dst/src/index.js', '~V/f.txt', ['dst/src/index.js, which leads to ~V/f.txt']],
  ['cp -r src dst', 'dst/src/new.js', '~V/gone', ['dst/src/new.js, which leads to ~V/gone']],
  ['cp src/* dst/src', 'dst/src/index.js', '~V/f.txt', ['dst/src/index.js, which leads to ~V/f.txt']],
  ['cp -rL src n2', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['grep -R e .', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['grep -R e', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['cd src && grep -R e', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['grep -R e s*', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['find -L . -name x', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['find src -name d -exec rev {} +', 'src/deep/d', '~V/f.txt', ['src/deep/d, which leads to ~V/f.txt']],
  ['diff -r src dst', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['tar chf x.tar src', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['grep -R e notes', 'notes/k', '../.env', ['notes/k, which leads to ~P/.env']],
  ['for f in src/deep/dx; do rev "${f%x}"; done', 'src/deep/d', '~V/f.txt', ['src/deep/d, which leads to ~V/f.txt']],
  ['f=src/deep/dx; touch "${f%x}/n"', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['cd s*c && rm -rf deep/d/tmp', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['mkdir -p q && cd q && cd ../src && rm -rf deep/d/tmp', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['mv src n && rm -rf n/deep/d/tmp', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
  ['ln -s src n && rm -rf n/deep/d/tmp', 'src/deep/d', '~V', ['src/deep/d, which leads to ~V']],
];

const linksIn = (runs: string[] | undefined): string[] =>
  (runs ?? []).filter((one) => one.includes(' leads to ') || one.startsWith('whatever'));

describe('a link leads elsewhere', () => {
  test.each([...NAMED, ...BELOW])('%s (%s)', async (cmd, path, target, told) => {
    t.file('.env', 'KEY=geheim\n');
    expect(linksIn(await toldOf(cmd))).toEqual([]);
    link(target.replace('~V', victim), path);
    expect(linksIn(await toldOf(cmd))).toEqual(told);
  });

  test('also by an address of a file, with characters that are written otherwise', async () => {
    const line = `curl "file://${t.root}/notes/%61.txt?x#y"`;
    expect(linksIn(await toldOf(line))).toEqual([]);
    link(join(victim, 'f.txt'), 'notes/a.txt');
    expect(linksIn(await toldOf(line))).toEqual([expect.stringMatching(/notes\/a\.txt, which leads to ~V\/f\.txt$/)]);
  });

  test('a name that is no text is seen by nobody here, and the shell finds it', async () => {
    mkdirSync(join(t.root, 'lk'));
    symlinkSync(victim, Buffer.from(`${t.root}/lk/d\xfe`, 'latin1'));
    expect(await toldOf('cat lk/*/*')).toEqual(['whatever else lies in its folders is by then']);
    link('x', 'notes/a.txt');
    rmSync(join(t.root, 'notes/a.txt'));
    symlinkSync(Buffer.from('../lk/d\xfe/f.txt', 'latin1'), join(t.root, 'notes/a.txt'));
    expect((await toldOf('rev notes/a.txt'))?.[0]).toBe('whatever else lies in its folders is by then');
  });

  describe('in a folder that is locked, which the line may unlock', () => {
    const isRoot = process.geteuid!() === 0;
    beforeEach(() => {
      mkdirSync(join(t.root, 'box/d'), { recursive: true });
      symlinkSync(join(victim, 'f.txt'), join(t.root, 'box/k'));
    });
    afterEach(() => chmodSync(join(t.root, 'box'), 0o755));

    test.each([
      ['chmod 755 box; cat box/k', 0o000],
      ['chmod 755 box && cat box/d/*', 0o000],
      ['chmod 755 box && grep -R . box', 0o000],
      ['chmod 755 box && cat box/*', 0o444],
      ['chmod 755 box && grep -R . box', 0o444],
      ['chmod -R u+rwX box; sh box/run.sh', 0o000],
    ])('%s (%o)', async (cmd, mode) => {
      if (isRoot) for (const path of ['', 'box', 'box/d']) chownSync(join(t.root, path), 65_534, 65_534);
      chmodSync(join(t.root, 'box'), mode);
      if (isRoot) process.seteuid!(65_534);
      try {
        expect((await toldOf(cmd))?.[0]).toMatch(/^whatever /);
      } finally {
        if (isRoot) process.seteuid!(0);
      }
    });
  });

  test.each(UNKNOWN_VALUES)('nobody knows by then what it names: %s', async (cmd) => {
    expect((await toldOf(cmd))?.some((one) => one.startsWith('whatever build/'))).toBe(true);
  });

  test.each([...NAMED, ...BELOW])('comes after the approval, and it does not run: %s', async (cmd, path, target) => {
    const request = t.request('exec_command', { cmd });
    const inspection = await t.host.inspect(request);
    link(target.replace('~V', victim), path);
    expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void', output: '' });
  });

  test('goes, or leads to another place: it does not run, and does as long as it stays', async () => {
    link(join(victim, 'f.txt'), 'notes/a.txt');
    const request = t.request('exec_command', { cmd: 'rev notes/a.txt' });
    const inspection = await t.host.inspect(request);
    expect(await t.run(request, inspection)).toMatchObject({ outcome: 'ok' });
    link(join(victim, 'tmp'), 'notes/a.txt');
    expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void' });
    rmSync(join(t.root, 'notes/a.txt'));
    expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void' });
  });

  test('by links to folders of the project, too', async () => {
    link('../src', 'notes/d');
    link(victim, 'src/deep/out');
    expect(await toldOf('grep -R e notes')).toEqual(['src/deep/out, which leads to ~V']);
  });

  test('below a folder around the project', async () => {
    link(victim, 'src/deep/d');
    expect(await toldOf('grep -R e ..')).toEqual(['src/deep/d, which leads to ~V']);
  });

  test('from a folder to which the line goes, and from outside', async () => {
    link(join(victim, 'f.txt'), 'notes/a.txt');
    expect(await toldOf('rev a.txt', { workdir: 'notes' })).toEqual(['notes/a.txt, which leads to ~V/f.txt']);
    symlinkSync(t.root, join(victim, 'back'));
    expect(await toldOf(`rev ${victim}/back/notes/a.txt`)).toEqual(['~V/back/notes/a.txt, which leads to ~V/f.txt']);
  });

  test('by links of other projects, which lie in a home', async () => {
    mkdirSync(join(victim, 'home/other'), { recursive: true });
    symlinkSync(join(victim, 'f.txt'), join(victim, 'home/other/a.txt'));
    const at = testHost({ environment: { PATH: '/usr/bin:/bin', HOME: join(victim, 'home') } });
    const { facts } = await at.inspect('exec_command', { cmd: `rev ${victim}/home/other/a.txt` });
    at.remove();
    const told = facts.runs?.map(({ path }) => path.replaceAll(victim, '~V'));
    expect(told).toEqual(['~V/home/other/a.txt, which leads to ~V/f.txt']);
  });

  test('into the home of the runtime: it names that', async () => {
    const namesIt = async (cmd: string): Promise<boolean> =>
      (await t.inspect('exec_command', { cmd })).facts.commands.some(({ names_runtime }) => names_runtime);
    link(join(t.home, 'config.yaml'), 'notes/a.txt');
    link(victim, 'notes/b.txt');
    for (const cmd of ['rev notes/a.txt', 'cat notes/*', 'grep -R e notes']) expect(await namesIt(cmd)).toBe(true);
    for (const cmd of ['rev notes/b.txt', 'grep -r e notes']) expect(await namesIt(cmd)).toBe(false);
  });
});

describe('nothing is told', () => {
  test.each([
    'rev notes/a.txt', 'rm -rf build/tmp', 'ls', 'ls -l src', 'cat notes/*', 'grep -R e .', 'cp -r src dst', 'mkdir -p out/x', 'for f in notes/*; do wc -l "$f"; done',
    'for f in notes/*.txt; do wc -l "${f%.txt}.md"; done', 'git add .', 'find . -name x -exec rm {} +', 'mkdir -p q && cd q && touch x',
  ])('where there is no link: %s', async (cmd) => {
    expect(await toldOf(cmd)).toBeUndefined();
  }); // prettier-ignore

  test.each(['ls src', 'rm -rf src', 'grep -r e src', 'cp src/index.js dst', 'git add src', 'cd src', 'mv src other'])('of links below, of what goes by none of them: %s', async (cmd) => {
    link(victim, 'src/deep/d');
    expect(await toldOf(cmd)).toBeUndefined();
  }); // prettier-ignore

  test('of links outside of the project, where no other project lies', async () => {
    symlinkSync(join(victim, 'f.txt'), join(victim, 'l.txt'));
    expect(await toldOf(`rev ${victim}/l.txt`)).toBeUndefined();
  });
});

test('more than is looked through is not known, where folders are gone through', async () => {
  for (let i = 0; i < 10_000; i++) mkdirSync(join(t.root, `large/${i}`), { recursive: true });
  const unknown = ['whatever else lies in its folders is by then'];
  for (const cmd of ['grep -R e .', 'cp -r large x', 'f=ax; rev "${f%x}"']) expect(await toldOf(cmd)).toEqual(unknown);
  for (const cmd of ['ls .', 'grep -r e .', 'cat notes/a.txt', 'rm -rf large', 'grep -R e src'])
    expect(await toldOf(cmd)).toBeUndefined();
});
