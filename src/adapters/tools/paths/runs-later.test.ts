import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shell, type TestHost, testHost } from '../test-host.ts';

let t: TestHost;
beforeEach(() => void (t = testHost({ environment: { PATH: process.env['PATH'], HOME: '/nowhere' } })));
afterEach(() => t.remove());

const laterOf = async (path: string): Promise<boolean> => {
  const patch = `*** Begin Patch\n*** Add File: ${path}\n+x\n*** End Patch\n`;
  const { facts } = await t.inspect('apply_patch', { patch });
  return facts.paths[0]!.runs_later === true;
};

test('hooks and settings of git that lie in the project', async () => {
  mkdirSync(join(t.root, '.git'));
  t.file('.git/config', '[core]\n\thooksPath = .githooks\n[include]\n\tpath = ../etc/git.inc\n');
  for (const path of ['.githooks/pre-commit', '.githooks/a/b', 'etc/git.inc', 'HEAD'])
    expect(await laterOf(path)).toBe(true);
  for (const path of ['.githooks2/x', 'etc/other', '.bashrc', 'src/a']) expect(await laterOf(path)).toBe(false);
});

test('what would be of `.git` on a disk that takes names for the same whatever their case', async () => {
  for (const path of ['.GIT/hooks/pre-commit', 'sub/.Git/config']) expect(await laterOf(path)).toBe(true);
  for (const path of ['.github/workflows/x.yml', 'git/hooks/x']) expect(await laterOf(path)).toBe(false);
});

test('… also by another name', async () => {
  mkdirSync(join(t.root, '.git'));
  mkdirSync(join(t.root, 'tools/hooks'), { recursive: true });
  symlinkSync('tools/hooks', join(t.root, 'hooks'));
  t.file('.git/config', '[core]\n\thooksPath = hooks\n');
  for (const path of ['tools/hooks/pre-commit', 'hooks/x']) expect(await laterOf(path)).toBe(true);
});

test('… where links of the repository lead', async () => {
  mkdirSync(join(t.root, '.git/hooks'), { recursive: true });
  t.file('scripts/check', '');
  symlinkSync('../../scripts/check', join(t.root, '.git/hooks/pre-commit'));
  expect(await laterOf('scripts/other')).toBe(false);
  expect((await t.inspect('exec_command', { cmd: 'echo > scripts/check' })).facts.paths[0]).toMatchObject({
    runs_later: true,
  });
});

test('… and those of a worktree, which another folder keeps', async () => {
  t.file('.git', 'gitdir: kept/worktrees/one\n');
  t.file('kept/worktrees/one/commondir', '../..\n');
  t.file('kept/config', '[core]\n\thooksPath = .husky/_\n');
  for (const path of ['.husky/_/h', '.husky/pre-commit']) expect(await laterOf(path)).toBe(true);
  expect(await laterOf('husky')).toBe(false);
});

test('… all of a repository that the file `.git` finds in the project', async () => {
  t.file('.git', 'gitdir: ./.bare\n');
  for (const path of ['.bare/config', '.bare/hooks/post-commit', '.bare/x']) expect(await laterOf(path)).toBe(true);
  expect(await laterOf('.bar')).toBe(false);
});

test('… and what a home leads to, or holds around the project', async () => {
  t.remove();
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'later-')));
  const project = join(home, '.config');
  mkdirSync(join(project, 'dotfiles'), { recursive: true });
  symlinkSync('.config/dotfiles/bash', join(home, '.bashrc'));
  t = testHost({ environment: { PATH: process.env['PATH'], HOME: home } }, project);
  for (const path of ['git/config', 'fish/config.fish', 'autostart/x.desktop', 'dotfiles/bash']) expect(await laterOf(path)).toBe(true); // prettier-ignore
  for (const path of ['app/settings', 'dotfiles/vim', '.bashrc']) expect(await laterOf(path)).toBe(false);
  mkdirSync(join(project, 'fish'));
  t = testHost({ environment: { PATH: process.env['PATH'], HOME: home } }, join(project, 'fish'));
  expect(await laterOf('x')).toBe(true);
  rmSync(home, { recursive: true });
});

test('… also where the project holds that home', async () => {
  t.remove();
  t = testHost();
  const home = join(t.root, 'me');
  mkdirSync(home);
  t = testHost({ environment: { PATH: process.env['PATH'], HOME: home } }, t.root);
  for (const path of ['.bash_profile', '.config/autostart/a.desktop', 'bin/ls']) expect(await laterOf(`me/${path}`)).toBe(true);
  for (const path of ['notes/x', 'binary']) expect(await laterOf(`me/${path}`)).toBe(false);
}); // prettier-ignore

test('settings that are no file, or endless, hold nothing up', async () => {
  mkdirSync(join(t.root, '.git'));
  t.file('.git/config', '[include]\n\tpath = ../pipe\n\tpath = ../zero\n[core]\n\thooksPath = h\n');
  shell('mkfifo "$1"', join(t.root, 'pipe'));
  symlinkSync('/dev/zero', join(t.root, 'zero'));
  expect(await laterOf('h/x')).toBe(true);
});

test('what starts with the next shell, where the project is a home', async () => {
  t.remove();
  t = testHost();
  const later = [
    '.bashrc',
    '.config/autostart/x.desktop',
    '.gitconfig',
    '.local/bin/ls',
    'bin/git',
    'Library/LaunchAgents/x',
  ];
  for (const path of later) expect(await laterOf(path)).toBe(true);
  for (const path of ['notes/x', 'binary', 'work/.bashrc']) expect(await laterOf(path)).toBe(false);
});
