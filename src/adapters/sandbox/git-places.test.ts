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
import { afterEach, beforeEach, expect, test } from 'vitest';
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

test('of steps of a rebase that lie behind a link the link is', () => {
  const setAside = hold();
  const other = join(base, 'other/git-rebase-todo');
  writeFileSync(other, 'exec x\n');
  symlinkSync('../../other', join(git, 'rebase-merge'));
  setAside();
  expect(readdirSync(git)).toContain('rebase-merge.set-aside');
  expect(readdirSync(join(base, 'other')).sort()).toEqual(['.git', 'git-rebase-todo']);
});

test('a repository that nobody here may change is left as it is', () => {
  symlinkSync('../other', join(git, 'hooks'));
  hold()();
  expect(readdirSync(git)).toEqual(['hooks']);
});

test('steps that are too long to be read count as ones that run commands', () => {
  const setAside = hold();
  mkdirSync(join(git, 'rebase-merge'));
  writeFileSync(join(git, 'rebase-merge/git-rebase-todo'), `${'#'.repeat(2 * 1024 * 1024)}\nexec x\n`);
  setAside();
  expect(readdirSync(join(git, 'rebase-merge'))).toEqual(['git-rebase-todo.set-aside']);
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
    expect(readdirSync(join(git, 'rebase-merge'))).toEqual(['git-rebase-todo.set-aside']);
    for (const path of ['.', 'rebase-merge', 'commondir.set-aside/a']) chmodSync(join(git, path), 0o700);
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
