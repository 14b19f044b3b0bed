import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shell, type TestHost, testHost } from './test-host.ts';

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

const read = async (args: object) => {
  const { outcome, output, error } = await t.call('read_file', args);
  return error ? { outcome, error: error.code } : output;
};

test('a file is given as it is', async () => {
  t.file('a.txt', 'eins\r\nzwei\n');
  expect(await read({ path: 'a.txt' })).toBe('eins\r\nzwei\n');
  expect(await read({ path: './a.txt', offset: 2 })).toBe('zwei\n');
  expect(await read({ path: join(t.root, 'a.txt'), limit: 1 })).toBe('eins\r\n\n[lines 1 to 1; go on with offset 2]');
  expect(await read({ path: 'a.txt', offset: 3 })).toBe('[no line 3: the file has 2 lines]');
});

test('files without a last line end, empty files, and lines at the edge of what is read', async () => {
  t.file('open', 'a\nb');
  t.file('empty', '');
  expect(await read({ path: 'open' })).toBe('a\nb');
  expect(await read({ path: 'open', offset: 2 })).toBe('b');
  expect(await read({ path: 'open', limit: 1 })).toBe('a\n\n[lines 1 to 1; go on with offset 2]');
  expect(await read({ path: 'open', offset: 5 })).toBe('[no line 5: the file has 2 lines]');
  expect(await read({ path: 'empty' })).toBe('[an empty file]');
});

test('paging gives every line of a large file once', async () => {
  const lines = Array.from({ length: 9000 }, (_, index) => `line ${index} ${'ä'.repeat(index % 40)}`);
  t.file('large', `${lines.join('\n')}\n`);
  const seen: string[] = [];
  for (let offset: number | undefined = 1; offset !== undefined;) {
    const output = (await t.call('read_file', { path: 'large', offset })).output;
    expect(Buffer.byteLength(output)).toBeLessThan(16 * 1024);
    const next: RegExpExecArray | null = /\n\[lines (\d+) to \d+; go on with offset (\d+)\]$/.exec(output);
    seen.push(...(next ? output.slice(0, next.index) : output).split('\n').slice(0, -1));
    offset = next ? Number(next[2]) : undefined;
  }
  expect(seen).toEqual(lines);
});

test('a line that is too long is cut and said so', async () => {
  t.file('wide', `${'x'.repeat(200_000)}\nshort\n`);
  const output = (await t.call('read_file', { path: 'wide' })).output;
  expect(output).toMatch(/^x+\n\[line 1 is too long: cut after 15360 bytes; go on with offset 2\]$/);
  expect(await read({ path: 'wide', offset: 2 })).toBe('short\n');
});

test('binary files are named as such, invalid UTF-8 is made valid', async () => {
  t.file('image', Buffer.from([0x89, 0x50, 0, 1]));
  t.file('latin1', Buffer.from([0x67, 0x72, 0xfc, 0x6e, 0x0a]));
  expect(await read({ path: 'image' })).toBe('[a binary file of 4 bytes; not shown]');
  expect(await read({ path: 'latin1' })).toBe('gr\ufffdn\n');
});

test('what is no file is refused and nothing waits for a pipe', async () => {
  shell('mkfifo "$1"', join(t.root, 'pipe'));
  symlinkSync('loop', join(t.root, 'loop'));
  t.file('file', 'x');
  expect(await read({ path: 'pipe' })).toEqual({ outcome: 'error', error: 'not_a_file' });
  expect(await read({ path: '/dev/zero' })).toEqual({ outcome: 'error', error: 'not_a_file' });
  expect(await read({ path: '.' })).toEqual({ outcome: 'error', error: 'not_a_file' });
  expect(await read({ path: 'missing' })).toEqual({ outcome: 'error', error: 'not_found' });
  expect(await read({ path: 'file/x' })).toEqual({ outcome: 'error', error: 'not_a_folder' });
  expect((await t.inspect('read_file', { path: 'loop' })).invalid?.[0]?.message).toContain('too many links');
});

test('what the approver sees of a read is a title without hidden characters', async () => {
  const { presentation } = await t.inspect('read_file', { path: 'a\x1b[31m\u202e' });
  expect(presentation).toEqual({ title: 'Read a\\x1b[31m‹U+202E›' });
});
