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
  ['[branch "main"]\n\tremote = origin\n\tmerge = refs/heads/main\n[remote "origin"]\n\turl = x\n\tfetch = +refs/heads/*:refs/remotes/origin/*', []],
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

test.each([
  ['core.pager=x', true],
  ['core.quotepath=x', false],
  ['diff.context=3', false],
  ['diff.context.textconv=x', true],
  ['remote.o.url=ext::x', false],
  ['Remote.o.uploadPack=x', true],
  ['user.name=N', false],
])('by its name: %s', (text, runs) => {
  expect(mayRunCode(settingNamed(text)!)).toBe(runs);
});
