import { execFileSync } from 'node:child_process';
import { closeSync, constants, linkSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLogTail } from './log-tail.ts';
import { openRotatingFile } from './rotating-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-log-')));
  path = join(folder, 'logs/daemon.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const all = { most: 1000, isWanted: () => true };

test('a flood takes no more room than was given', async () => {
  const file = openRotatingFile(path, { maxBytes: 1000, keep: 2 }, folder);
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
  const first = openRotatingFile(path, { maxBytes: 10, keep: 1 }, folder);
  first.write('12345678\n');
  await first.end();
  const second = openRotatingFile(path, { maxBytes: 10, keep: 1 }, folder);
  second.write('ab\n');
  await second.end();
  expect([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['12345678\n', 'ab\n']);
});

test('a reader goes on from one file to the next', async () => {
  const file = openRotatingFile(path, { maxBytes: 12, keep: 3 }, folder);
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

test('a pipe or device is written to however much comes, and no file put into its place', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const file = openRotatingFile(pipe, { maxBytes: 10, keep: 2 }, folder);
  for (let n = 0; n < 3; n++) file.write('12345678\n');
  await file.end();
  expect(readdirSync(folder)).toEqual(['pipe']);
  const read = Buffer.alloc(100);
  expect(readSync(reader, read)).toBe(27);
  closeSync(reader);
  expect(openLogTail(pipe, all)).toBe(undefined);
});

test('a folder that goes costs lines, not the work', async () => {
  const file = openRotatingFile(path, { maxBytes: 10, keep: 1 }, folder);
  rmSync(join(folder, 'logs'), { recursive: true });
  for (let n = 0; n < 10; n++) file.write('12345678\n');
  await file.end();
  expect(openLogTail(path, all)).toBe(undefined);
});

test('a file that may not be made is said', async () => {
  await openRotatingFile(join(folder, 'file'), { maxBytes: 10, keep: 1 }, folder).end();
  expect(() => openRotatingFile(join(folder, 'file/log'), { maxBytes: 10, keep: 1 }, folder)).toThrow();
});

test('one that somebody removed is made anew', async () => {
  const file = openRotatingFile(path, { maxBytes: 100, keep: 1 }, folder);
  file.write('one\n');
  rmSync(path);
  file.write('two\n');
  await file.end();
  expect(readFileSync(path, 'utf8')).toBe('two\n');
});

test('what a command puts in its place, or in that of its folder, while it is written or before, is not written to', async () => {
  const outside = join(folder, 'outside');
  const rc = join(outside, 'daemon.log');
  mkdirSync(outside);
  writeFileSync(rc, '# mine\n');
  const logs = join(folder, 'project/logs');
  const at = join(logs, 'daemon.log');
  mkdirSync(logs, { recursive: true });
  const open = () => openRotatingFile(at, { maxBytes: 20, keep: 1 }, join(folder, 'project'));
  const file = open();
  file.write('12345678\n');
  rmSync(at);
  symlinkSync(rc, at);
  file.write('12345678\n');
  expect(open).toThrow(`by the link ${at}`);
  rmSync(at);
  linkSync(rc, at);
  file.write('12345678\n');
  expect(open).toThrow('hard links');
  rmSync(at);
  file.write('12345678\n');
  expect(readFileSync(at, 'utf8')).toBe('12345678\n');
  renameSync(logs, join(folder, 'was'));
  symlinkSync(outside, logs);
  file.write('123456789 12345\n'); // it would be full: the next file begins
  await file.end();
  expect(open).toThrow(`by the link ${logs}`);
  expect([readdirSync(outside), readFileSync(rc, 'utf8')]).toEqual([['daemon.log'], '# mine\n']);
});
