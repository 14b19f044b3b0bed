import {
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
