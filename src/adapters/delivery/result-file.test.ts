import { linkSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendResult } from './result-file.ts';

let base: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-results-')));
  mkdirSync(join(base, 'project/res'), { recursive: true });
  mkdirSync(join(base, 'documents'));
  writeFileSync(join(base, '.bashrc'), '# mine\n');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const at = (path: string): string => join(base, path);
const text = (path: string): string => readFileSync(at(path), 'utf8');
const deliver = (): Promise<void> => appendResult(at('project/res/out.jsonl'), { n: 1 });

test('lines are appended; one that a crash cut is ended first', async () => {
  await deliver();
  await deliver();
  expect(text('project/res/out.jsonl')).toBe('{"n":1}\n{"n":1}\n');
  writeFileSync(at('project/res/out.jsonl'), '{"n":');
  await deliver();
  expect(text('project/res/out.jsonl')).toBe('{"n":\n{"n":1}\n');
});

test.each(['.bashrc', 'missing'])('a link in its place, to %s, is not followed', async (name) => {
  symlinkSync(at(name), at('project/res/out.jsonl'));
  await expect(deliver()).rejects.toThrow(`leads to ${at(name)} now`);
  expect(text('.bashrc')).toBe('# mine\n');
  await expect(appendResult(at('missing'), 1)).resolves.toBe(undefined); // it wasn't made by the one before
  expect(text('missing')).toBe('1\n');
});

test('a link in the place of a folder on the way is not followed, however deep', async () => {
  mkdirSync(at('documents/res'));
  renameSync(at('project/res'), at('project/was'));
  symlinkSync('../documents', at('project/res'));
  await expect(deliver()).rejects.toThrow(`leads to ${at('documents/out.jsonl')} now`);
  renameSync(at('project'), at('before'));
  symlinkSync('documents', at('project'));
  await expect(deliver()).rejects.toThrow(`leads to ${at('documents/res/out.jsonl')} now`);
});

test('another name of a file that has one elsewhere is not written to', async () => {
  linkSync(at('.bashrc'), at('project/res/out.jsonl'));
  await expect(deliver()).rejects.toThrow('hard links');
  expect(text('.bashrc')).toBe('# mine\n');
});

test('a folder that has gone is named, and not made', async () => {
  rmSync(at('project/res'), { recursive: true });
  await expect(deliver()).rejects.toThrow(`${at('project/res')}: no such file or folder`);
});
