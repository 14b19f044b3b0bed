/** Repositories that are laid out otherwise than most: what git runs, or goes by, stays there all the same. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testHost } from '../adapters/tools/test-host.ts';
import { type Confined, confined, LEVELS, levelsUnmet } from './testing/confined.ts';

const [bubblewrap] = LEVELS;
const unmet = (await levelsUnmet()).get(bubblewrap!.name) ?? '';

describe.skipIf(unmet !== '')(`${bubblewrap!.name}${unmet}`, () => {
  let c: Confined;
  beforeEach(() => void (c = confined(bubblewrap!)));
  afterEach(() => c.remove());
  const inHome = (path: string): string => join(c.home, path);
  const git = (folder: string, ...args: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder, stdio: 'pipe' });

  const made = (name: string, ...args: string[]): string => {
    git(c.home, 'init', '-q', '-b', 'main', ...args, inHome(name));
    git(inHome(name), 'commit', '-q', '--allow-empty', '-m', 'first');
    return inHome(name);
  };
  /** A main checkout, and a worktree of it. */
  const withWorktree = (worktree: string): void => git(made('main'), 'worktree', 'add', '-q', inHome(worktree));
  const aroundBare = (): string => {
    made('source');
    mkdirSync(inHome('around'));
    git(inHome('around'), 'clone', '-q', '--bare', inHome('source'), '.bare');
    writeFileSync(inHome('around/.git'), 'gitdir: ./.bare\n');
    git(inHome('around'), 'worktree', 'add', '-q', 'feature');
    return inHome('around');
  };

  test.each<[layout: string, make: () => string]>([
    ['a bare repository with worktrees', aroundBare],
    ['a worktree beside its bare repository', () => join(aroundBare(), 'feature')],
    ['a main checkout with a worktree in it', () => (withWorktree('main/.worktrees/one'), inHome('main'))],
    ['a worktree in its main checkout', () => (withWorktree('main/.worktrees/one'), inHome('main/.worktrees/one'))],
    ['a worktree beside its main checkout', () => (withWorktree('one'), inHome('one'))],
    ['a folder of git apart, in the project', () => made('apart', '--separate-git-dir', inHome('apart/.data'))],
    ['a folder of a repository', () => (mkdirSync(join(made('mono'), 'packages/api'), { recursive: true }), inHome('mono/packages/api'))],
  ])('%s', async (_, make) => {
    const folder = make();
    const files = gitFolders(c.home).flatMap(filesOf);
    if (isFile(join(folder, '.git'))) files.push(join(folder, '.git'));
    expect(files.length).toBeGreaterThan(3);
    const found = await c.sandboxes.find(folder);
    if ('none' in found) throw new Error(found.none);
    const project = testHost({ home: inHome('.runtime'), sandboxes: c.sandboxes }, folder);
    const cmd = `for f in ${files.join(' ')}; do mkdir -p \${f%/*}; echo evil >>$f; done; echo x >made && echo end`;
    const request = { ...project.request('exec_command', { cmd }), sandbox: bubblewrap!.name };
    expect((await project.run(request, await project.host.inspect(request))).output).toContain('\nend\n');
    expect(files.filter((file) => existsSync(file) && readFileSync(file, 'utf8').includes('evil'))).toEqual([]);
  }); // prettier-ignore
});

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();
const isOfWorktree = (git: string): boolean => existsSync(join(git, 'commondir'));

/** Those in which git keeps what it does of repositories and worktrees. */
function gitFolders(folder: string): string[] {
  const below = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  return below.filter((path) => existsSync(join(path, 'HEAD')) && (isOfWorktree(path) || existsSync(join(path, 'objects'))));
} // prettier-ignore

/** What is run, or says what is, of such a folder. */
function filesOf(git: string): string[] {
  const names = ['hooks/post-checkout', 'config', 'config.worktree', 'commondir', ...(isOfWorktree(git) ? ['gitdir'] : [])];
  return names.map((name) => join(git, name));
} // prettier-ignore
