import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mayBeIn } from './may-be-in.ts';

test.each([
  ['a', true],
  ['A', true],
  ['A/b', true], // where names have no case, it is the same folder
  ['a/b/c', true],
  ['a/b/d', false],
  ['a/nothing', false],
  ['nothing', false],
  ['nothing/b', false],
  ['file/b', true], // it can't be listed
])('%s by what lies on its way: %s', (path, may) => {
  const folder = mkdtempSync(join(tmpdir(), 'may-be-in-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'a/b/c'), { recursive: true });
  writeFileSync(join(folder, 'file'), '');
  expect(mayBeIn(folder)(join(folder, path))).toBe(may);
});

test('of a folder that is none, and of the root', () => {
  expect(mayBeIn('/nobody')('/nobody/a')).toBe(true);
  expect([import.meta.dirname, '/nobody/a'].map(mayBeIn('/'))).toEqual([true, false]);
});
