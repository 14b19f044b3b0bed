/** What is told of files that commands don't see, and took into git's index as they found them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdGit } from './hold-git.ts';
import { layoutOfKept } from './kept-places.ts';

let base: string;
let project: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'hidden-')));
  project = join(base, 'project');
  mkdirSync(join(project, 'secrets', 'deep'), { recursive: true });
  for (const name of ['a', '.env', 'secrets/one', 'secrets/deep/two']) writeFileSync(join(project, name), `of ${name}\n`);
  git('init', '-q');
  for (const name of ['user.name', 'user.email']) git('config', name, 'a@b');
  git('add', '.');
  git('commit', '-qm', 'first');
}); // prettier-ignore
afterEach(() => rmSync(base, { recursive: true }));

const git = (...args: string[]): string => execFileSync('git', args, { cwd: project, stdio: 'pipe', encoding: 'utf8' });

/** Files, and folders, that commands find empty. */
function hold(...hidden: string[]): () => string[] {
  const places = hidden.map((name) => ({ path: join(project, name), access: 'none' as const }));
  return holdGit(project, { ...layoutOfKept(project, [], 0), places });
}

/** As git in the sandbox does, where there is nothing in the file. */
function stageEmpty(name: string): void {
  const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: project, input: '', encoding: 'utf8' });
  git('update-index', '--add', '--cacheinfo', `100644,${blob.trim()},${name}`);
}

const told = (names: string): string => `hidden from commands, and staged as they find it: ${names}`;

test('a file that was staged without its content', () => {
  const end = hold('.env');
  stageEmpty('.env');
  stageEmpty('a');
  expect(end()).toEqual([told('.env')]);
});

test('also one that git did not know before', () => {
  writeFileSync(join(project, '.npmrc'), 'geheim\n');
  const end = hold('.npmrc', '.env');
  stageEmpty('.npmrc');
  git('commit', '-qm', 'all');
  expect(end()).toEqual([told('.npmrc')]);
});

test('also where git had no index yet', () => {
  rmSync(join(project, '.git/index'));
  const end = hold('.env');
  stageEmpty('.env');
  expect(end()).toEqual([told('.env')]);
});

test('and what was staged as removed from a folder', () => {
  const end = hold('secrets');
  git('rm', '-rq', '--cached', 'secrets');
  expect(end()).toEqual([told('secrets/deep/two, secrets/one')]);
});

test('once, and by whichever of several commands at once ends next', () => {
  const [first, second] = [hold('.env'), hold('.env')];
  stageEmpty('.env');
  expect(first()).toEqual([told('.env')]);
  expect(second()).toEqual([]);
  expect(hold('.env')()).toEqual([]);
});

test('not what is staged as it is, nor what is gone', () => {
  const end = hold('.env', 'secrets');
  writeFileSync(join(project, '.env'), 'changed by its owner\n');
  git('add', '.env');
  rmSync(join(project, 'secrets/one'));
  git('rm', '-q', '--cached', 'secrets/one');
  expect(end()).toEqual([]);
});

test('of many the first few by name', () => {
  for (let n = 1; n <= 12; n++) writeFileSync(join(project, 'secrets', `many-${String(n).padStart(2, '0')}`), `${n}`);
  git('add', '.');
  const end = hold('secrets');
  git('rm', '-rq', '--cached', 'secrets');
  expect(end()).toEqual([told('secrets/deep/two, secrets/many-01, secrets/many-02, secrets/many-03, secrets/many-04 and 9 more')]);
}); // prettier-ignore
