import { expect, test } from 'vitest';
import { mayRunCode, settingNamed, settingsThatMayRun } from './git-settings.ts';

const names = (text: string): string[] =>
  [...settingsThatMayRun(text)].map((one) => {
    if (!one.startsWith('[')) return one;
    const [section, sub, key, value] = JSON.parse(one) as (string | null)[];
    return `${section}.${sub === null ? '' : `${sub}.`}${key}=${value}`;
  });

test.each<[text: string, settings: string[]]>([
  ['[core]\n\tbare = false\n\tfsmonitor = ./x\n', ['core.fsmonitor=./x']],
  ['\ufeff[CORE] hooksPath = a b # c', ['core.hookspath=a b # c']],
  ['[filter "a b"]\r\n  clean = c\r\n', ['filter.a b.clean=c']],
  ['[filter.x] smudge = s\n[diff "q\\"x"]\ncommand=d', ['filter.x.smudge=s', 'diff.q"x.command=d']],
  ['[branch "main"]\n\tremote = origin\n\tmerge = refs/heads/main\n[remote "origin"]\n\turl = git@h:x\n\tfetch = +refs/heads/*:refs/remotes/origin/*', []],
  // Hooks of a repository run when somebody pushes to its folder, by whatever it is named.
  ['[remote "o"]\n\turl = https://h/x\n\tpushurl = evil', ['remote.o.pushurl=evil']],
  ['[remote "o"]\n\turl = \\\n./evil', ['./evil', 'remote.o.url=\\', 'remote.o.url=./evil']],
  ['[url "./evil"]\n\tpushInsteadOf = https://h/x', ['url../evil.pushinsteadof=https://h/x']],
  ['[branch "a"]\nremote = .\n[branch "b"]\nremote = o\npushRemote = evil\n[remote "o"]\nurl = https://h/x', ['branch.b.pushremote=evil']],
  ['[branch "a"]\nremote = o\n[remote "o"]\nfetch = x', ['branch.a.remote=o']],
  ['[include]\npath = y\n[core]\n= z', ['= z', 'include.path=y']],
  ['; note\n# note\n\n[user]\n\tsigningkey', []],
  // A comment doesn't go on, nor what ends with an escaped backslash; other lines do.
  ['[user]\n# note \\\n[core]\nfsmonitor = ./x', ['core.fsmonitor=./x']],
  ['[user]\nname = N # x \\\n[core]\nfsmonitor = ./x', ['core.fsmonitor=./x']],
  ['[user]\nname = N\\\\\n[core]\nfsmonitor = ./x', ['core.fsmonitor=./x']],
  ['[core]\nfsmo\\\nnitor = ./x', ['fsmo\\', 'core.nitor=./x', 'core.fsmonitor=./x']],
  // What is plain without a name between needn't be with one.
  ['[diff "context"]\ntextconv = x\n[merge "ff"]\ndriver = y', ['diff.context.textconv=x', 'merge.ff.driver=y']],
  ['[remote "a.url="]\nuploadpack = x', ['remote.a.url=.uploadpack=x']],
  ['[filter "a.\\\u2028b"]\nclean = x', ['filter.a.\u2028b.clean=x']],
  ['[lfs "customtransfer.x"]\npath = y', ['lfs.customtransfer.x.path=y']],
  ['[color]\npager = x\nui = auto', ['color.pager=x']],
])('%j', (text, settings) => {
  expect(names(text)).toEqual(settings);
}); // prettier-ignore

test.each<readonly [setting: string, runs: boolean]>([
  ['core.pager=x', true],
  ['core.quotepath=x', false],
  ['diff.context=3', false],
  ['diff.context.textconv=x', true],
  ...['https://h/x', 'ssh://me@h:22/x', 'git://h/x', 'git@h:x.git', 'h:~/x', '[::1]:x', '"https://h/x"'].map((url) => [`remote.o.url=${url}`, false] as const),
  ...['ext::x', 'h.x::y', 'file:///x', 'File:///x', 'foo://h/x', '/x', './x:y', 'x', '~/x', '', '"./x"', '-x:y', '$X'].map((url) => [`remote.o.pushurl=${url}`, true] as const),
  ['submodule.s.url=../x', true],
  ['submodule.s.url=https://h/x', false],
  ['Remote.o.uploadPack=x', true],
  ['user.name=N', false],
])('by its name: %s', (text, runs) => {
  expect(mayRunCode(settingNamed(text)!)).toBe(runs);
}); // prettier-ignore
