/** What a command leaves in a repository's own folder, by which git would read, write or delete elsewhere. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, symlinkSync,
  truncateSync, writeFileSync,
} from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MEMORY, writeMapped } from '../../base/testing/mapped-write.ts';
import { holdGit } from './hold-git.ts';
import { layoutOfKept } from './kept-places.ts';

let base: string;
let project: string;
beforeEach(() => setUp(tmpdir()));
afterEach(() => rmSync(base, { recursive: true }));

function setUp(folder: string): void {
  base = realpathSync(mkdtempSync(join(folder, 'led-')));
  project = join(base, 'project');
  mkdirSync(project);
  writeFileSync(join(base, 'key'), 'geheim\n');
  git('init', '-q');
  for (const name of ['user.name', 'user.email']) git('config', name, 'a@b');
  writeFileSync(join(project, 'a'), 'one\n');
  git('add', '.');
  git('commit', '-qm', 'first');
}

const git = (...args: string[]): string => execFileSync('git', args, { cwd: project, stdio: 'pipe', encoding: 'utf8' });
const own = (name: string): string => join(project, '.git', name);
const hold = (): (() => string[]) => holdGit(project, layoutOfKept(project, [], 0));

describe('a link that a command left is removed', () => {
  test.each(['COMMIT_EDITMSG', 'FETCH_HEAD', 'packed-refs', 'worktrees', 'logs/HEAD', 'refs/heads/x', 'objects/ab', 'objects/info/commit-graph', 'made/deep/er'])('%s', (name) => {
    const end = hold();
    rmSync(own(name), { recursive: true, force: true });
    mkdirSync(dirname(own(name)), { recursive: true });
    symlinkSync(join(base, 'key'), own(name));
    expect(end()).toEqual([`removed, a link: .git/${name}`]);
    expect(readdirSync(dirname(own(name)))).not.toContain(name.slice(name.lastIndexOf('/') + 1));
    expect(readFileSync(join(base, 'key'), 'utf8')).toBe('geheim\n');
  }); // prettier-ignore

  test('whatever else git and its helpers keep there, at once: nothing is made where they lead', () => {
    const begun = ['rebase-merge', 'rebase-apply', 'sequencer'];
    const files = [
      'ORIG_HEAD', 'MERGE_MSG', 'SQUASH_MSG', 'MERGE_HEAD', 'MERGE_MODE', 'AUTO_MERGE', 'MERGE_AUTOSTASH', 'BISECT_LOG', 'BISECT_START',
      'BISECT_TERMS', 'NOTES_EDITMSG', 'TAG_EDITMSG', 'REBASE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'gc.log', 'gc.pid', 'info/refs',
      'info/sparse-checkout', 'info/attributes', 'info/grafts', 'objects/info/packs', 'packed-refs.new', 'ADD_EDIT.patch', 'shallow',
      'addp-hunk-edit.diff', 'fsmonitor--daemon.ipc', 'logs/refs/stash', 'refs/stash', 'refs/heads/x', 'COMMIT_EDITMSG~',
      '.COMMIT_EDITMSG.swp', 'index.stash.123', 'X.set-aside',
    ]; // prettier-ignore
    const folders = ['rr-cache', 'lfs', 'svn', 'annex', 'modules', 'logs/refs/remotes', 'refs/remotes', 'refs/notes', 'objects/cd', 'reftable']; // prettier-ignore
    const elsewhere = join(base, 'documents');
    mkdirSync(elsewhere);
    const end = hold();
    for (const name of files) {
      mkdirSync(dirname(own(name)), { recursive: true });
      symlinkSync(join(elsewhere, `of-${name.replaceAll('/', '-')}`), own(name));
    }
    for (const name of [...folders, ...begun]) symlinkSync(elsewhere, own(name));
    const expected = [
      ...[...files, ...folders].map((name) => `removed, a link: .git/${name}`),
      ...begun.map((name) => `set aside: .git/${name}`),
    ];
    expect(end().sort()).toEqual(expected.sort());
    const links = readdirSync(own('.'), { recursive: true, withFileTypes: true }).filter((one) => one.isSymbolicLink());
    expect(links.map(({ name }) => name).sort()).toEqual(begun.map((name) => `${name}.set-aside`).sort());
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('whose name, or whose folder’s, is no UTF-8', () => {
    const end = hold();
    const odd = (...names: string[]): Buffer => Buffer.from([own('logs'), ...names].join('/'), 'latin1');
    mkdirSync(odd('d\xff'));
    symlinkSync(join(base, 'key'), odd('d\xff', 'HEAD'));
    symlinkSync(join(base, 'key'), odd('d\xff', 'x\xfe'));
    symlinkSync(join(base, 'key'), odd('\xff'));
    expect(end()).toHaveLength(3);
    expect(readdirSync(odd('d\xff'))).toEqual([]);
    expect(readdirSync(own('logs')).sort()).toEqual(['HEAD', 'd\ufffd', 'refs']);
  });

  test.each<[string, () => void]>([
    ['index', () => truncateSync(own('index'), 3 * 2 ** 30)],
    ['MERGE_RR', () => (writeFileSync(own('MERGE_RR'), ''), truncateSync(own('MERGE_RR'), 3 * 2 ** 30))],
    ['objects', () => (renameSync(own('objects'), own('were')), symlinkSync('objects', own('objects')))],
  ])('also where something else can’t be read: %s', (name, make) => {
    const end = hold();
    make();
    symlinkSync(join(base, 'key'), own('COMMIT_EDITMSG.new'));
    const said = end();
    expect(said).toContain('removed, a link: .git/COMMIT_EDITMSG.new');
    expect(said.filter((one) => one.endsWith(`: .git/${name}`))).toHaveLength(1);
  });

  test('and none that was there', () => {
    symlinkSync('/tmp', own('annex'));
    const end = hold();
    symlinkSync('/tmp', own('new'));
    symlinkSync('me@here.1:2', own('.#COMMIT_EDITMSG')); // as an editor says that it edits that
    expect(end()).toEqual(['removed, a link: .git/new']);
    expect(existsSync(own('annex'))).toBe(true);
  });

  test('also in a folder that it locked', () => {
    const asNobody = process.geteuid!() === 0;
    if (asNobody)
      for (const path of [base, project, own('.'), own('hooks'), own('logs')]) chownSync(path, 65_534, 65_534);
    if (asNobody) process.seteuid!(65_534); // root may look anywhere
    try {
      const end = hold();
      mkdirSync(own('logs/x'));
      symlinkSync(join(base, 'key'), own('logs/x/HEAD'));
      chmodSync(own('logs/x'), 0);
      chmodSync(own('logs'), 0);
      expect(end()).toEqual(['removed, a link: .git/logs/x/HEAD']);
    } finally {
      if (asNobody) process.seteuid!(0);
    }
  });

  test('while another still runs, and what that one leaves, as it ends', () => {
    const [first, second] = [hold(), hold()];
    symlinkSync(join(base, 'key'), own('ORIG_HEAD'));
    expect(first()).toEqual(['removed, a link: .git/ORIG_HEAD']);
    symlinkSync(join(base, 'key'), own('ORIG_HEAD'));
    expect(second()).toEqual(['removed, a link: .git/ORIG_HEAD']);
  });

  test('where there are more folders than anybody looks through, it says so', () => {
    const end = hold();
    for (let n = 0; n < 5001; n++) mkdirSync(own(`refs/${n}`));
    expect(end()).toEqual([expect.stringMatching(/^not looked through: \.git\/refs\/\d+$/)]);
  });
});

/** Puts an entry into the index as no git would. */
function addEntry(...names: string[]): void {
  const blob = git('hash-object', '-w', 'a').trim();
  for (const [n, name] of names.entries()) {
    const stand = `${String(n)}${'x'.repeat(name.length - 1)}`;
    git('update-index', '--add', '--cacheinfo', `100755,${blob},${stand}`);
    const bytes = readFileSync(own('index'));
    bytes.write(name, bytes.indexOf(`${stand}\0`), 'latin1');
    writeFileSync(own('index'), bytes.subarray(0, -20));
    const sum = execFileSync('sha1sum', [own('index')], { encoding: 'utf8' }).slice(0, 40);
    writeFileSync(own('index'), Buffer.concat([bytes.subarray(0, -20), Buffer.from(sum, 'hex')]));
  }
}

describe('an index is set aside', () => {
  test('that names a file beside the project, before git keeps what stands there', () => {
    const end = hold();
    addEntry('../key');
    expect(git('ls-files')).toContain('../key');
    expect(end()).toEqual(['set aside: .git/index']);
    git('add', '-A');
    expect(git('ls-files')).toBe('a\n');
    expect(() => git('grep', '--cached', 'geheim')).toThrow();
  });

  test.skipIf(MEMORY.unmet !== '')(`that names one, though no time tells that it changed${MEMORY.unmet}`, () => {
    rmSync(base, { recursive: true });
    setUp(MEMORY.folder);
    const before = readFileSync(own('index'));
    addEntry('../key');
    const led = readFileSync(own('index'));
    writeFileSync(own('index'), Buffer.concat([before, Buffer.alloc(led.length - before.length)]));
    const end = hold();
    const { ctimeNs } = statSync(own('index'), { bigint: true });
    writeMapped(own('index'), led);
    expect(statSync(own('index'), { bigint: true }).ctimeNs).toBe(ctimeNs);
    expect(end()).toEqual(['set aside: .git/index']);
  });

  test.each(['.git/hooks/post-checkout', 'sub/../../key', '/tmp/x'])('that names %s', (name) => {
    const end = hold();
    addEntry(name);
    expect(end()).toEqual(['set aside: .git/index']);
    git('checkout', '-f');
    expect(existsSync(own('hooks/post-checkout'))).toBe(false);
  });

  test('that git could read otherwise than we do, or is none', () => {
    let end = hold();
    writeFileSync(own('index'), 'DIRC and what not');
    expect(end()).toEqual(['set aside: .git/index']);
    git('reset', '-q');
    end = hold();
    rmSync(own('index'));
    mkdirSync(own('index'));
    expect(end()).toEqual(['set aside: .git/index']);
  });

  test('a shared part of one, too', () => {
    git('update-index', '--split-index');
    const [name] = readdirSync(own('.')).filter((one) => one.startsWith('sharedindex'));
    const end = hold();
    const bytes = readFileSync(own(name!));
    bytes.write('/', bytes.indexOf('a\0', 70), 'latin1');
    writeFileSync(own(name!), bytes);
    expect(end()).toEqual([`set aside: .git/${name}`]);
  });
});

test('an index that git wrote stays, of either kind of hash', () => {
  const end = hold();
  writeFileSync(join(project, 'b'), '');
  git('add', 'b');
  git('mv', 'a', 'c');
  expect(end()).toEqual([]);
  rmSync(own('.'), { recursive: true });
  git('init', '-q', '--object-format=sha256');
  const again = hold();
  git('add', '.');
  expect(again()).toEqual([]);
  expect(git('ls-files')).toBe('b\nc\n');
});

test('so does one that was there and nobody changed', () => {
  addEntry('../key');
  expect(hold()()).toEqual([]);
});

test('what git remembers of merges is set aside where it names a file elsewhere, and else stays', () => {
  const id = '1'.repeat(40);
  let end = hold();
  writeFileSync(own('MERGE_RR'), `${id}\ta/b\0${id}.1\tc\0`);
  expect(end()).toEqual([]);
  end = hold();
  writeFileSync(own('MERGE_RR'), `${id}\ta/b\0${id}\t../key\0`);
  expect(end()).toEqual(['set aside: .git/MERGE_RR']);
});

test('objects of another repository are none of this one by a command', () => {
  const end = hold();
  writeFileSync(own('objects/info/alternates'), `${base}/other/.git/objects\n`);
  expect(end()).toEqual(['set aside: .git/objects/info/alternates']);
});
