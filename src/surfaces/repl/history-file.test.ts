import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { historyFile } from './history-file.ts';

let home: string;
let path: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runtime-history-'));
  path = join(home, 'history.jsonl');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const loaded = () => historyFile(home).load().entries;

test('what was typed is there at the next start, the newest last, readable by its owner only', () => {
  const file = historyFile(home);
  expect(file.load().entries).toEqual([]);
  file.add('one');
  file.add('two\nlines “and” more');
  expect(loaded()).toEqual(['one', 'two\nlines “and” more']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a repetition is there once', () => {
  const file = historyFile(home);
  for (const text of ['a', 'a', 'b', 'a', 'a']) file.add(text);
  expect(loaded()).toEqual(['a', 'b', 'a']);
});

test.each([
  'use sk-proj-abcdefghijklmnop',
  '!export GITHUB_TOKEN=ghp_0123456789abcdef',
  'AKIAIOSFODNN7EXAMPLE',
  'the password: hunter2hunter',
  'password hunter2',
  'api_key=abcdef',
  'Authorization: Bearer abcdef123456',
  'eyJhbGciOiJIUzI1NiJ9.x.y',
  '-----BEGIN RSA PRIVATE KEY-----\nMIIE',
])('%j is not kept', (text) => {
  historyFile(home).add(text);
  expect(existsSync(path)).toBe(false);
});

test.each([
  'fix the token counting, please',
  'why is the secret missing?',
  'rename password field',
  'ask for the password',
  'the sky is blue',
])('%j holds no secret', (text) => {
  historyFile(home).add(text);
  expect(loaded()).toEqual([text]);
});

test('a text that is too long for a history is not kept', () => {
  const file = historyFile(home);
  file.add('x'.repeat(10_001));
  file.add('y'.repeat(10_000));
  expect(loaded()).toEqual(['y'.repeat(10_000)]);
});

test('damaged lines are passed over', () => {
  writeFileSync(
    path,
    Buffer.concat([
      Buffer.from('"one"\n{"a":1}\n5\nnull\n"half\n\n'),
      Buffer.from([0xff, 0, 10]),
      Buffer.from('"two"\n'),
    ]),
  );
  expect(loaded()).toEqual(['one', 'two']);
});

test('a line that was cut takes none that comes after it with it', () => {
  writeFileSync(path, '"one"\n"tw');
  const file = historyFile(home);
  expect(file.load().entries).toEqual(['one']);
  file.add('three');
  file.add('four');
  expect(loaded()).toEqual(['one', 'three', 'four']);
});

test('a file that has grown long is written anew with the last thousand', () => {
  const line = (n: number): string => `${JSON.stringify(`${n} ${'x'.repeat(500)}`)}\n`;
  writeFileSync(path, '', { mode: 0o600 });
  for (let n = 0; n < 3000; n++) appendFileSync(path, line(n));
  expect(loaded()).toHaveLength(1000);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(1001);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(loaded().at(-1)).toMatch(/^2999 /);
});

test('where nothing can be kept nothing fails', () => {
  mkdirSync(path);
  const file = historyFile(home);
  expect(file.load().entries).toEqual([]);
  expect(() => file.add('one')).not.toThrow();
  const nowhere = historyFile(join(path, 'x', '\0'));
  expect(nowhere.load().entries).toEqual([]);
  expect(() => nowhere.add('one')).not.toThrow();
});
