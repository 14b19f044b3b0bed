import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdGit, placesOfGit } from './git-places.ts';

let base: string;
let project: string;
let git: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'git-')));
  project = join(base, 'project');
  git = join(project, '.git');
  mkdirSync(git, { recursive: true });
  mkdirSync(join(base, 'other/.git'), { recursive: true });
});
afterEach(() => rmSync(base, { recursive: true }));

const hold = (): (() => void) => holdGit(project, placesOfGit(project, []));

test('what a command made is set aside in the repository alone, and not in one that a link in its place leads to', () => {
  const setAside = hold();
  writeFileSync(join(git, 'commondir'), 'x');
  setAside();
  expect(readdirSync(git).sort()).toEqual(['commondir.set-aside', 'config', 'config.worktree', 'hooks']);
  writeFileSync(join(base, 'other/.git/commondir'), 'x');
  renameSync(git, join(project, 'was'));
  symlinkSync('../other/.git', git);
  setAside();
  expect(readdirSync(join(base, 'other/.git'))).toEqual(['commondir']);
});

describe('what git has begun', () => {
  /** What a command left in `.git/rebase-merge`, or in its place. */
  const left = (make: (folder: string) => void, name = 'rebase-merge'): string[] => {
    const setAside = hold();
    make(join(git, name));
    setAside();
    return readdirSync(git).filter((one) => one.startsWith(name));
  };
  const file = (name: string, text: string) => (folder: string) => {
    mkdirSync(folder);
    writeFileSync(join(folder, name), text);
  };

  test.each<[what: string, make: (folder: string) => void]>([
    ['steps that run commands', file('git-rebase-todo', 'pick 1234\n  exec x\n')],
    ['steps that are too long to be read', file('git-rebase-todo', `${'#'.repeat(2 * 1024 * 1024)}\nexec x\n`)],
    ['a strategy that is a program', file('strategy', 'x/../evil.sh\n')],
    ['a folder behind a link, harmless as yet', (folder) => symlinkSync('../../other', folder)],
    [
      'steps behind a link, harmless as yet',
      (folder) => {
        mkdirSync(folder);
        writeFileSync(join(project, 'todo'), 'pick 1234\n');
        symlinkSync('../../todo', join(folder, 'git-rebase-todo'));
      },
    ],
  ])('is set aside with %s', (_, make) => {
    expect(left(make)).toEqual(['rebase-merge.set-aside']);
    expect(existsSync(join(base, 'other/.git'))).toBe(true);
  });

  test('also a row of picks', () => {
    expect(left(file('opts', '[options]\n\tstrategy = ../x\n'), 'sequencer')).toEqual(['sequencer.set-aside']);
  });

  test('else stays', () => {
    expect(left(file('git-rebase-todo', 'pick 1234 run exec x\nlabel a\n'))).toEqual(['rebase-merge']);
    expect(left(file('opts', '[options]\n\tstrategy = ort\n'), 'sequencer')).toEqual(['sequencer']);
  });
});

test('no project is a repository of its own beside that which it has', () => {
  const setAside = hold();
  for (const name of ['objects', 'refs']) mkdirSync(join(project, name));
  writeFileSync(join(project, 'HEAD'), 'ref: refs/heads/main\n');
  setAside();
  expect(readdirSync(project).sort()).toEqual(['.git', 'HEAD.set-aside', 'objects', 'refs']);
});

test('a repository that nobody here may change is left as it is', () => {
  symlinkSync('../other', join(git, 'hooks'));
  hold()();
  expect(readdirSync(git)).toEqual(['hooks']);
});

test('what a command locked is set aside all the same', () => {
  const folders = [base, project, git];
  const asNobody = process.geteuid!() === 0;
  if (asNobody) for (const folder of folders) chownSync(folder, 65_534, 65_534);
  if (asNobody) process.seteuid!(65_534); // root may write anywhere
  try {
    const setAside = hold();
    writeFileSync(join(git, 'commondir'), 'x');
    mkdirSync(join(git, 'commondir.set-aside/a/b'), { recursive: true });
    mkdirSync(join(git, 'rebase-merge'));
    writeFileSync(join(git, 'rebase-merge/git-rebase-todo'), 'exec x\n');
    for (const path of ['commondir.set-aside/a', 'rebase-merge', '.']) chmodSync(join(git, path), 0o500);
    setAside();
    expect(existsSync(join(git, 'commondir'))).toBe(false);
    expect(existsSync(join(git, 'rebase-merge'))).toBe(false);
    for (const path of ['.', 'rebase-merge.set-aside', 'commondir.set-aside/a']) chmodSync(join(git, path), 0o700);
  } finally {
    if (asNobody) process.seteuid!(0);
  }
});

test('hooks in the project are kept also where its repository lies elsewhere', () => {
  rmSync(git, { recursive: true });
  mkdirSync(join(project, 'tools'));
  mkdirSync(join(base, '.git'));
  writeFileSync(join(base, '.git/config'), '[core]\nhooksPath = project/tools\n');
  expect(placesOfGit(project, [])).toEqual([{ path: join(project, 'tools'), access: 'read' }]);
});
