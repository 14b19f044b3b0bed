import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shell, type TestHost, testHost } from './test-host.ts';

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

const search = async (args: object) => (await t.call('search_files', args)).output.split('\n');

test('finds literal text; capitals only count when the query has some', async () => {
  t.file('a.ts', 'one (x+)+$\r\nTwo\n');
  t.file('sub/b.ts', 'two\nTWO\n');
  expect(await search({ query: '(x+)+$' })).toEqual(['a.ts:1: one (x+)+$']);
  expect(await search({ query: 'two' })).toEqual(['a.ts:2: Two', 'sub/b.ts:1: two', 'sub/b.ts:2: TWO']);
  expect(await search({ query: 'TWO' })).toEqual(['sub/b.ts:2: TWO']);
  expect(await search({ query: 'two', path: 'sub' })).toEqual(['sub/b.ts:1: two', 'sub/b.ts:2: TWO']);
  expect(await search({ query: 'two', path: 'a.ts' })).toEqual(['a.ts:2: Two']);
  expect(await search({ query: 'three' })).toEqual(['[no line matches]']);
});

test('passes over secret, binary, linked, large and generated files, and pipes', async () => {
  t.file('.env', 'needle');
  t.file('id_rsa', 'needle');
  t.file('bin', Buffer.from('needle\0'));
  t.file('.git/x', 'needle');
  t.file('node_modules/x', 'needle');
  t.file('large', `needle${'x'.repeat(2 * 1024 * 1024)}`);
  t.file('seen', 'needle');
  symlinkSync('seen', join(t.root, 'link'));
  shell('mkfifo "$1"', join(t.root, 'pipe'));
  expect(await search({ query: 'needle' })).toEqual([
    'seen:1: needle',
    '[1 files of more than 2 MiB were not searched]',
  ]);
  expect(await t.call('search_files', { query: 'needle', path: 'pipe' })).toMatchObject({
    error: { code: 'not_a_file' },
  });
});

test('long lines are cut around the match, many matches said to be more', async () => {
  t.file('wide', `${'a'.repeat(5000)}needle${'b'.repeat(5000)}`);
  const [line] = await search({ query: 'needle' });
  expect(line).toMatch(/^wide:1: …a{60}needleb+…$/);
  t.file('many', 'needle in a haystack\n'.repeat(5000));
  const lines = await search({ query: 'needle' });
  expect(lines.at(-1)).toMatch(/^\[more lines match/);
  expect(Buffer.byteLength(lines.join('\n'))).toBeLessThan(16 * 1024);
});
