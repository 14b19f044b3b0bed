import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestHost, testHost } from './test-host.ts';

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

const list = async (args: object) => (await t.call('list_files', args)).output.split('\n');

test('lists in code unit order, names and does not enter large folders, follows no link', async () => {
  for (const path of ['src/b.ts', 'src/a.ts', 'B', 'a', 'ä', '.git/config', 'node_modules/x/index.js', 'deep/er/x']) {
    t.file(path, '');
  }
  symlinkSync('/etc', join(t.root, 'link'));
  expect(await list({})).toEqual([
    '.git/', 'B', 'a', 'deep/', 'deep/er/', 'deep/er/x', 'link -> /etc', 'node_modules/', 'src/', 'src/a.ts',
    'src/b.ts', 'ä',
  ]); // prettier-ignore
  expect(await list({ path: 'src' })).toEqual(['a.ts', 'b.ts']);
  expect(await list({ path: '.git' })).toEqual(['config']);
});

test('of a large tree the upper levels are whole', async () => {
  for (let index = 0; index < 2000; index++) t.file(`a/${'long'.repeat(5)}-${index}`, '');
  for (const name of ['b', 'c', 'z']) t.file(name, '');
  const lines = await list({});
  expect(lines).toEqual(expect.arrayContaining(['a/', 'b', 'c', 'z']));
  expect(lines.at(-1)).toBe('[there is more: list one of the folders]');
  expect(Buffer.byteLength(lines.join('\n'))).toBeLessThan(16 * 1024);
});

test('what is no folder is refused; hidden characters in names are shown', async () => {
  t.file('a\nb', '');
  expect(await list({})).toEqual(['a\\nb']);
  expect(await t.call('list_files', { path: 'a\nb' })).toMatchObject({ error: { code: 'not_a_folder' } });
  expect(await t.call('list_files', { path: 'missing' })).toMatchObject({ error: { code: 'not_found' } });
});
