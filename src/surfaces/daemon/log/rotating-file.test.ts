import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLogTail } from './log-tail.ts';
import { openRotatingFile } from './rotating-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runtime-log-'));
  path = join(folder, 'logs/daemon.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const all = { most: 1000, isWanted: () => true };

test('a flood takes no more room than was given', async () => {
  const file = openRotatingFile(path, { maxBytes: 1000, keep: 2 });
  for (let n = 0; n < 1000; n++) file.write(`${String(n).padStart(99)}\n`);
  await file.end();
  const names = readdirSync(join(folder, 'logs')).sort();
  expect(names).toEqual(['daemon.log', 'daemon.log.1', 'daemon.log.2']);
  for (const name of names) expect(statSync(join(folder, 'logs', name)).size).toBeLessThanOrEqual(1000);
  expect(readFileSync(path, 'utf8').trimEnd().endsWith(' 999')).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const lines = openLogTail(path, { ...all, most: 25 })!.lines.map(Number);
  expect(lines).toEqual(Array.from({ length: 25 }, (_, n) => 975 + n));
});

test('what was there is gone on with, and counts', async () => {
  const first = openRotatingFile(path, { maxBytes: 10, keep: 1 });
  first.write('12345678\n');
  await first.end();
  const second = openRotatingFile(path, { maxBytes: 10, keep: 1 });
  second.write('ab\n');
  await second.end();
  expect([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['12345678\n', 'ab\n']);
});

test('a reader goes on from one file to the next', async () => {
  const file = openRotatingFile(path, { maxBytes: 12, keep: 3 });
  file.write('one\n');
  const { lines, tail } = openLogTail(path, all)!;
  expect(lines).toEqual(['one']);
  file.write('two\n');
  file.write('three\n');
  file.write('four\n');
  expect(tail.further()).toEqual(['two', 'three', 'four']);
  expect(tail.further()).toEqual([]);
  tail.close();
  await file.end();
});

test('a folder that goes costs lines, not the work', async () => {
  const file = openRotatingFile(path, { maxBytes: 10, keep: 1 });
  rmSync(join(folder, 'logs'), { recursive: true });
  for (let n = 0; n < 10; n++) file.write('12345678\n');
  await file.end();
  expect(openLogTail(path, all)).toBe(undefined);
});

test('a file that may not be made is said', async () => {
  await openRotatingFile(join(folder, 'file'), { maxBytes: 10, keep: 1 }).end();
  expect(() => openRotatingFile(join(folder, 'file/log'), { maxBytes: 10, keep: 1 })).toThrow();
});

test('one that somebody removed is made anew', async () => {
  const file = openRotatingFile(path, { maxBytes: 100, keep: 1 });
  file.write('one\n');
  rmSync(path);
  file.write('two\n');
  await file.end();
  expect(readFileSync(path, 'utf8')).toBe('two\n');
});
