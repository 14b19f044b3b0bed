import { expect, test } from 'vitest';
import { gitToldBy } from './git-told-by.ts';

const toldBy = (files: Record<string, string>): string[] =>
  gitToldBy((path) => files[path], { folder: '/p', homes: ['/home/me', '/root'] });

test.each<[text: string, paths: string[]]>([
  ['[core]\n\thooksPath = .githooks\n', ['/p/.githooks']],
  ['[core]\n  HOOKSPATH=.hooks/x ; mine', ['/p/.hooks/x']],
  // Those of husky run the files beside their folder.
  ['[core]\n\thooksPath = .husky/_\n', ['/p/.husky/_', '/p/.husky']],
  ['[core] hookspath = "a b#c" # mine', ['/p/a b#c']],
  ['[include]\n\tpath = ../.gitconfig\n', ['/p/.gitconfig']],
  ['[includeIf "gitdir:~/x/"]\n\tpath = more.inc', ['/p/.git/more.inc']],
  ['[include]\npath = ~/.gitconfig-work\npath = /etc/extra', ['/home/me/.gitconfig-work', '/etc/extra']],
  ['[core]\n\thooksPath = a\\\nb\n[x]\n\tpath = "c\\"d"', ['/p/ab', '/p/.git/c"d']],
  ['[core]\n\tbare = false\n\t# hooksPath = x\n[remote "path = y"]\n\turl = z\n\thooksPath =\n', []],
  ['', []],
])('%j', (text, paths) => {
  expect(toldBy({ '/p/.git/config': text })).toEqual(paths);
});

test('what is included is read from its own folder, and what the person has for all', () => {
  expect(
    toldBy({
      '/p/.git/config': '[include]\npath = ../etc/one\n',
      '/p/etc/one': '[include]\npath = two\n[core]\nhooksPath = tools/hooks\n',
      '/p/etc/two': '[include]\npath = one\n',
      '/home/me/.gitconfig': '[core]\nhooksPath = .hooks\n',
      '/root/.config/git/config': '[include]\npath = ~/mine\n',
    }),
  ).toEqual(['/p/etc/one', '/p/.hooks', '/home/me/mine', '/p/etc/two', '/p/tools/hooks']);
});

test('of a worktree, a submodule, and a folder somewhere in a repository', () => {
  const hooks = '[core]\nhooksPath = tools\n';
  const worktree = { '/p/.git': 'gitdir: /r/.git/worktrees/p\n', '/r/.git/worktrees/p/commondir': '../..\n' };
  expect(toldBy({ ...worktree, '/r/.git/config': hooks })).toEqual(['/p/tools']);
  expect(toldBy({ ...worktree, '/r/.git/worktrees/p/config.worktree': hooks })).toEqual(['/p/tools']);
  expect(toldBy({ '/p/.git': 'gitdir: ../.git/modules/p', '/.git/modules/p/config': hooks })).toEqual(['/p/tools']);
  expect(toldBy({ '/.git/config': '[core]\nhooksPath = p/tools\n' })).toEqual(['/p/tools']);
});
