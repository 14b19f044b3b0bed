/** Without a sandbox git goes by the settings and hooks of other repositories in the project: who approves a line approves these. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestHost, testHost } from '../test-host.ts';
import { factsOf, goesBy } from './testing/goes-by.ts';

let t: TestHost;
beforeEach(() => {
  t = testHost();
  git('init', '-q');
  t.file('a', '');
  git('add', 'a');
});
afterEach(() => t.remove());

const git = (...args: string[]): void => void execFileSync('git', args, { cwd: t.root, stdio: 'pipe' });
const runsOf = (cmd: string, workdir?: string): Promise<string[] | undefined> =>
  goesBy(t, { cmd, ...(workdir !== undefined && { workdir }) });
/** As a command in a sandbox may. */
const makeSubmodule = (name: string): void => {
  git('init', '-q', name);
  git('-C', name, 'config', 'core.fsmonitor', './evil.sh');
  t.file(`${name}/evil.sh`, 'id\n');
  git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},${name}`);
};

test.each(['git status', 'git commit -am x', 'git diff && git add .', 'git fetch'])('%s goes by what a submodule says', async (cmd) => {
  expect(await runsOf(cmd)).toBeUndefined();
  makeSubmodule('sub');
  const told = await runsOf(cmd);
  expect(told).toEqual(expect.arrayContaining(['sub/.git/config', 'sub/evil.sh']));
}); // prettier-ignore

describe('where that leads by names that are no text', () => {
  const NO_TEXT = Buffer.from('r\xff', 'latin1');
  const at = (name: string | Buffer): Buffer => Buffer.concat([Buffer.from(`${t.root}/`), Buffer.from(name)]);
  const WHATEVER = 'whatever else git looks into is by then';

  test('its folder', async () => {
    makeSubmodule('sub');
    renameSync(at('sub/.git'), at(NO_TEXT));
    writeFileSync(at('sub/.git'), Buffer.concat([Buffer.from('gitdir: ../'), NO_TEXT, Buffer.from('\n')]));
    expect(await runsOf('git status')).toContain(WHATEVER);
  });

  test('more settings', async () => {
    makeSubmodule('sub');
    const included = Buffer.concat([Buffer.from('[include]\n\tpath = ../../'), NO_TEXT, Buffer.from('\n')]);
    appendFileSync(at('sub/.git/config'), included);
    expect(await runsOf('git status')).toContain(WHATEVER);
  });
});

test.each(['~/evil-of-home.sh', '$HOME/evil-of-home.sh', '"${HOME}"/evil-of-home.sh'])('and by what lies in the home: %s', async (program) => {
  makeSubmodule('sub');
  git('-C', 'sub', 'config', 'core.fsmonitor', program);
  const file = t.file('of-a-person/evil-of-home.sh', '');
  vi.stubEnv('HOME', join(t.root, 'of-a-person'));
  expect(await runsOf('git status')).toContain(file.replace(`${t.root}/`, ''));
  vi.unstubAllEnvs();
}); // prettier-ignore

test('and by what one of that one says', async () => {
  makeSubmodule('sub');
  git('-C', 'sub', 'init', '-q', 'deep');
  git('-C', 'sub', 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},deep`);
  expect(await runsOf('git status')).toContain('sub/deep/.git/config');
});

describe('a repository that the line goes to', () => {
  test.each(['git -C sub status', 'cd sub && git status', 'git --git-dir=sub/.git status'])('%s', async (cmd) => {
    expect(await runsOf('git status')).toBeUndefined();
    makeSubmodule('sub');
    t.file('sub/.git/hooks/pre-commit', '');
    git('rm', '-qf', '--cached', 'sub');
    expect(await runsOf(cmd)).toEqual(expect.arrayContaining(['sub/.git/config', 'sub/.git/hooks/pre-commit', 'sub/evil.sh'])); // prettier-ignore
  });

  test('by its working folder', async () => {
    makeSubmodule('sub');
    expect(await runsOf('git status', 'sub')).toContain('sub/evil.sh');
  });
});

describe('a repository that the line speaks with, also one without files of its own', () => {
  const WHATEVER = 'whatever else git looks into is by then';
  beforeEach(() => {
    git('init', '-q', '--bare', 'bk.git');
    git('--git-dir', 'bk.git', 'config', 'tar.tar.gz.command', './evil.sh');
    t.file('bk.git/evil.sh', 'id\n');
    t.file('bk.git/hooks/pre-receive', 'id\n');
    symlinkSync('bk.git', join(t.root, 'lnk'));
    git('init', '-q', 'sub');
    git('-C', 'sub', 'remote', 'add', 'up', '../bk');
  });

  test.each([
    'git push bk.git main', 'git push ./bk.git/ main', 'git push bk main', 'git push lnk main', 'git push sub/../bk.git main', 'git push --repo=bk.git',
    'git push file://ROOT/bk.git main', 'git push file://ROOT/%62k.git main', 'git -C sub push ../bk.git main', 'cd sub && git push ../bk main',
    'git archive --remote=bk.git main', 'git --git-dir=bk.git log', 'git --git-dir bk.git --work-tree . status', 'git clone bk.git x', 'git send-pack bk.git main',
    'git -C sub push up main', 'git -C sub fetch', 'git push sub main',
  ])('%s', async (cmd) => {
    const told = await runsOf(cmd.replace('ROOT', t.root));
    expect(told).toEqual(expect.arrayContaining(['bk.git/config', 'bk.git/evil.sh', 'bk.git/hooks/pre-receive']));
  }); // prettier-ignore

  test.each([
    'git push later.git main',
    'git push ./later main',
    'git push b{k,}.git main',
    'git push bk.gi[t] main',
    'git push "$x" main',
  ])('that may be another by then: %s', async (cmd) => {
    expect(await runsOf(cmd)).toContain(WHATEVER);
  });

  test('that may be another by then: where settings say that something else is meant, or name what isn’t there', async () => {
    expect(await runsOf('git -C sub push https://example.org/bk.git main')).not.toContain(WHATEVER);
    git('-C', 'sub', 'config', 'url.../b.insteadOf', 'https://example.org/b');
    expect(await runsOf('git -C sub push https://example.org/bk.git main')).toContain(WHATEVER);
    git('-C', 'sub', 'config', '--unset', 'url.../b.insteadOf');
    git('-C', 'sub', 'remote', 'add', 'later', '../later');
    expect(await runsOf('git -C sub push later main')).toContain(WHATEVER);
  });

  test('a hook that comes later makes an approval void', async () => {
    rmSync(join(t.root, 'bk.git/hooks'), { recursive: true });
    const facts = async () => await factsOf(t, 'git push bk.git main');
    const before = await facts();
    expect(await facts()).toEqual(before);
    t.file('bk.git/hooks/update', 'id\n');
    expect(await facts()).not.toEqual(before);
  });

  test('one elsewhere on the net is none', async () => {
    rmSync(join(t.root, 'sub'), { recursive: true });
    git('remote', 'add', 'origin', 'https://example.org/x.git');
    expect(await runsOf('git push origin main')).toBeUndefined();
    expect(await runsOf('git push https://example.org/x.git main')).toBeUndefined();
    expect(await runsOf('git push git@example.org:me/x.git main')).toBeUndefined();
  });
});

test('a submodule of which a part of the index knows that is split off', async () => {
  makeSubmodule('sub');
  git('update-index', '--split-index');
  t.file('b', '');
  git('add', 'b');
  expect(await runsOf('git status')).toContain('sub/.git/config');
});

test('one whose name is no text may be any', async () => {
  git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},suXb`);
  const bytes = readFileSync(join(t.root, '.git/index'));
  bytes[bytes.indexOf('suXb') + 2] = 0xff;
  writeFileSync(join(t.root, '.git/index'), bytes);
  expect(await runsOf('git status')).toEqual(['whatever else git looks into is by then']);
});

describe('a command may look into all that lie there', () => {
  test.each([
    'git add -A && git status', 'git checkout feature', 'git stash', 'git x', // they put names into the index
    'git show --submodule=diff topic', 'git log -p --submodule', 'git diff main topic', 'git commit -v', 'git fetch', // commits name some
  ])('%s', async (cmd) => {
    expect(await runsOf(cmd)).toBeUndefined();
    makeSubmodule('lib/sub');
    git('rm', '-qf', '--cached', 'lib/sub');
    expect(await runsOf(cmd)).toEqual(['lib/sub/.git/config', 'lib/sub/evil.sh']);
    t.file('lib/sub/.git/hooks/pre-commit', '');
    expect(await runsOf(cmd)).toContain('lib/sub/.git/hooks/pre-commit');
  }); // prettier-ignore

  test.each(['.git', 'node_modules/x', '.hidden'])('also in %s', async (folder) => {
    expect(await runsOf('git show --submodule topic')).toBeUndefined();
    git('init', '-q', join(folder, 'sub'));
    expect(await runsOf('git show --submodule topic')).toEqual([`${folder}/sub/.git/config`]);
  });

  test('what one says that comes, or changes, makes an approval void', async () => {
    const facts = async (): Promise<unknown> => await factsOf(t, 'git show --submodule=diff topic'); // prettier-ignore
    const none = await facts();
    git('init', '-q', 'vendor');
    const one = await facts();
    expect(one).not.toEqual(none);
    expect(await facts()).toEqual(one);
    git('-C', 'vendor', 'config', 'diff.external', './x.sh');
    expect(await facts()).not.toEqual(one);
  });

  test('which is any where there is more than is looked through', async () => {
    for (let n = 0; n < 10_000; n++) mkdirSync(join(t.root, 'many', String(n)), { recursive: true });
    expect(await runsOf('git add -A')).toEqual(['whatever else git looks into is by then']);
  });
});

test.each(['git worktree repair', 'git worktree move x y', 'git gc', 'git status'])('where folders of worktrees lie: %s', async (cmd) => {
  expect(await runsOf(cmd)).toBeUndefined();
  t.file('.git/worktrees/x/gitdir', `${t.root}/x/.git\n`);
  t.file('.git/worktrees/x/commondir', '../..\n');
  t.file('.git/worktrees/x/HEAD', 'ref: refs/heads/main\n');
  expect(await runsOf(cmd)).toEqual(['.git/worktrees/x/commondir', '.git/worktrees/x/gitdir']);
}); // prettier-ignore

test('where they lie elsewhere, `git worktree` writes there, and it is said', async () => {
  t.file('.git/worktrees/x/gitdir', '/elsewhere/x/.git\n');
  t.file('.git/worktrees/y/gitdir', `${t.root}/y/.git\n`);
  const led = '.git/worktrees/x/gitdir, which leads to /elsewhere/x/.git';
  for (const cmd of ['git worktree repair', 'git worktree move x y', 'git x']) {
    expect((await runsOf(cmd))?.filter((one) => one.includes('leads to'))).toEqual([led]);
  }
  expect(await runsOf('git status')).not.toContain(led);
});

test('what is stored of a submodule that lies nowhere yet', async () => {
  t.file('.git/modules/sub/HEAD', 'ref: refs/heads/main');
  t.file('.git/modules/sub/hooks/post-checkout', '');
  expect(await runsOf('git submodule update --init')).toEqual(['.git/modules/sub/hooks/post-checkout']);
});

test('an index that nobody can read names any', async () => {
  t.file('.git/index', 'DIRC and what not');
  expect(await runsOf('git status')).toEqual(['whatever else git looks into is by then']);
});

test('what is there voids nothing as long as it stays, and a change does', async () => {
  makeSubmodule('sub');
  const before = await factsOf(t, 'git status');
  expect(await factsOf(t, 'git status')).toEqual(before);
  git('-C', 'sub', 'config', 'core.fsmonitor', './other.sh');
  expect(await factsOf(t, 'git status')).not.toEqual(before);
});
