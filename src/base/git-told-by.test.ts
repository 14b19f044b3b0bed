import { expect, test } from 'vitest';
import type { Linked } from './files/resolve-real.ts';
import { gitToldBy } from './git-told-by.ts';

const toldBy = (files: Record<string, string>, links: Record<string, Linked> = {}): string[] => {
  const around = { folder: '/p', homes: ['/home/me', '/root'] };
  const told = gitToldBy(
    { read: (path) => files[path], links: (path) => links[path] ?? { paths: [], links: [] } },
    around,
  );
  return [...new Set(told.map(({ path }) => path))];
};

test.each<[text: string, paths: string[]]>([
  ['[core]\n\thooksPath = .githooks\n', ['/p/.githooks']],
  ['[core]\n  HOOKSPATH=.hooks/x ; mine', ['/p/.hooks/x']],
  // Those of husky run the files beside their folder.
  ['[core]\n\thooksPath = .husky/_\n', ['/p/.husky/_', '/p/.husky']],
  ['[core] hookspath = "a b#c" # mine', ['/p/a b#c']],
  ['[include]\n\tpath = ../.gitconfig\n', ['/p/.gitconfig']],
  ['[includeIf "gitdir:~/x/"]\n\tpath = more.inc', ['/p/.git/more.inc']],
  ['[include]\npath = ~/.gitconfig-work\npath = /etc/extra', ['/home/me/.gitconfig-work', '/etc/extra']],
  ['[core]\n\thooksPath = a\\\nb\n[include]\n\tpath = "c\\"d"', ['/p/a\\', '/p/.git/c"d', '/p/ab']],
  ['[core]\n\tbare = false\n\t# hooksPath = x\n[remote "path = y"]\n\turl = z\n[core]\n\thooksPath =\n', []],
  ['[submodule "x"]\n\turl = ./x\n[remote "o"]\n\turl = ../o.git\n[branch "a/b"]\n\tmerge = refs/heads/a/b', []],
  ['[core]\n\tfsmonitor = ./watch.sh\n\tautocrlf = input\n[user]\n\tname = A. Nobody', ['/p/watch.sh']],
  ['[filter "x"]\n\tclean = python3 tools/clean.py --in=%f\n\trequired = true', ['/p/tools/clean.py']],
  [
    '[alias]\n\tco = checkout\n\tup = !sh up.sh && cd sub/x\n\tall = "!f(){ ~/bin/all; }; f"',
    ['/p/up.sh', '/home/me/bin/all'],
  ],
  [
    '[diff "d"]\n\ttextconv = $HOME/bin/x\n[alias]\n\tz = "!\\"$(git rev-parse --show-toplevel)\\"/t/z"\n\ty = !cd t && ./y\n\tv = !cd "$(git rev-parse --show-toplevel)/u" && sh v.sh',
    ['/home/me/bin/x', '/p/t/z', '/p/y', '/p/t/y', '/p/v.sh', '/p/u/v.sh'],
  ],
  [
    '[remote "o"]\n\turl = ./other\n\tuploadpack = ./t/up\n\treceivepack = sh t/down\n[remote "e"]\n\turl = ext::t/ext %S\n[svn]\n\tauthorsprog = ./authors',
    ['/p/t/up', '/p/t/down', '/p/t/ext', '/p/authors'],
  ],
  [
    '[core]\n\thooksPath = ~me/h\n\tfsmonitor = ~other/f.sh\n[include]\n\tpath = ~nobody/i\n',
    ['/home/me/h', '/srv/other/f.sh'],
  ],
  [
    '[core]\n\tworktree = ../w\n\thooksPath = hk\n\tfsmonitor = ./fs.sh',
    ['/p/hk', '/p/w/hk', '/p/fs.sh', '/p/w/fs.sh'],
  ],
  ['[gc]\n\trecentObjectsHook = ./r.sh\n\tauto = 0', ['/p/r.sh']],
  ...Object.entries({
    'bash -euo pipefail t/x': ['/p/pipefail', '/p/t/x'],
    'sh x': ['/p/x'],
    'sh -o errexit t/x': ['/p/errexit', '/p/t/x'],
    'python3 -W ignore x.py': ['/p/ignore', '/p/x.py'],
    'node --require ./a b': ['/p/a', '/p/b'],
    'node --require=./a -r./c t/b.js': ['/p/a', '/p/c', '/p/t/b.js'],
    'env -u X t/x': ['/p/X', '/p/t/x'],
    'A=./y timeout 5 t/x': ['/p/y', '/p/timeout', '/p/5', '/p/t/x'],
    'eval t/x': ['/p/t/x'],
    '2>/dev/null t/x': ['/dev/null', '/p/t/x'],
    './d\\\\ e.sh': ['/p/d\\', '/p/e.sh', '/p/d e.sh'],
    '\\"./t/6 a.sh\\"': ['/p/t/6', '/p/a.sh', '/p/t/6 a.sh'],
    "'./t/6 a.sh'": ['/p/t/6', '/p/a.sh', '/p/t/6 a.sh'],
    '`pwd`/x': ['/p/x'],
    'cat t/x | sh': ['/p/t/x'],
    'make -C t -f x.mk': ['/p/t', '/p/t/t', '/p/x.mk', '/p/t/x.mk'],
    'cat %f': [],
  }).map(([line, paths]): [string, string[]] => [`[filter "f"]\n\tclean = ${line}`, paths]),
  ['', []],
])('%j', (text, paths) => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nme:x:1:1::/home/me:/bin/sh\nother:x:2:2::/srv/other:\n';
  expect(toldBy({ '/p/.git/config': text, '/etc/passwd': passwd })).toEqual(paths);
});

test('lines that go to very many folders are told in time', () => {
  const lines = Array.from({ length: 20 }, (_, n) => `\tx${n} = "!${`cd a${n} && ./y && `.repeat(500)}z"`);
  expect(toldBy({ '/p/.git/config': `[alias]\n${lines.join('\n')}\n` }).length).toBeLessThan(100);
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
  const elsewhere = ['/r/.git/worktrees/p', '/r/.git'];
  expect(toldBy({ ...worktree, '/r/.git/config': hooks })).toEqual([...elsewhere, '/p/tools']);
  expect(toldBy({ ...worktree, '/r/.git/worktrees/p/config.worktree': hooks })).toEqual([...elsewhere, '/p/tools']);
  expect(toldBy({ '/p/.git': 'gitdir: ../.git/modules/p', '/.git/modules/p/config': hooks })).toEqual([
    '/.git/modules/p',
    '/p/tools',
  ]);
  expect(toldBy({ '/.git/config': '[core]\nhooksPath = p/tools\n' })).toEqual(['/p/tools']);
});

test('where links of its hooks and settings lead', () => {
  const links = {
    '/p/.git/hooks': { paths: ['/p/githooks'], links: ['/p/.git/hooks'] },
    '/p/.git/config': { paths: ['/p/etc/git'], links: [] },
    '/p/tools': { paths: ['/p/scripts/check'], links: ['/p/tools/check', '/p/tools/next'] },
  };
  expect(toldBy({ '/p/.git/config': '[core]\n\thooksPath = tools\n' }, links)).toEqual([
    '/p/tools', '/p/etc/git', '/p/githooks', '/p/scripts/check', '/p/.git/hooks', '/p/tools/check', '/p/tools/next',
  ]); // prettier-ignore
});

test('of each it is told what it is', () => {
  const text =
    '[core]\nhooksPath = h\nfsmonitor = ./f.sh\n[include]\npath = i\n[alias]\nx = !./a.sh\n[init]\ntemplateDir = t';
  const files = {
    read: (path: string) => (path === '/p/.git/config' ? text : undefined),
    links: () => ({ paths: [], links: [] }),
  };
  expect(gitToldBy(files, { folder: '/p', homes: [] })).toEqual([
    { path: '/p/h', as: 'hooks' },
    { path: '/p/f.sh', as: 'program' },
    { path: '/p/.git/i', as: 'settings' },
    { path: '/p/a.sh', as: 'alias' },
    { path: '/p/t', as: 'hooks' },
  ]);
});
