import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { ownedStore, storeIn, temporaryHome } from './testing.ts';

const VALUE = { text: 'é𝒳\n', list: [1, { two: null }] };

let home: string;
let remove: () => void;
let store: Store;
let folder: string;
let file: string;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  ({ store } = ownedStore(home));
  folder = join(store.folder, 'cache/snapshots');
  file = join(folder, 's-1.json');
});
afterEach(async () => {
  await store.close();
  remove();
});

test('the value that was written last is read back, by any process', async () => {
  expect(await store.snapshots.read('s-1')).toBeUndefined();
  await store.snapshots.write('s-1', 'old');
  await store.snapshots.write('s-1', VALUE);
  for (const { snapshots } of [store, storeIn(home)]) expect(await snapshots.read('s-1')).toEqual(VALUE);
  expect(await store.snapshots.read('s-2')).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['s-1.json']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('the whole cache may go at any time', async () => {
  await store.snapshots.write('s-1', VALUE);
  rmSync(store.cacheFolder, { recursive: true });
  expect(await store.snapshots.read('s-1')).toBeUndefined();
  await store.snapshots.write('s-1', VALUE);
  expect(await store.snapshots.read('s-1')).toEqual(VALUE);
});

test('a file that was cut or changed anywhere is none', async () => {
  await store.snapshots.write('s-1', VALUE);
  const content = readFileSync(file);
  for (let at = 0; at < content.length; at++) {
    writeFileSync(file, content.subarray(0, at));
    expect(await store.snapshots.read('s-1')).toBeUndefined();
    const changed = Buffer.from(content);
    changed[at]! ^= 1;
    writeFileSync(file, changed);
    expect(await store.snapshots.read('s-1')).toBeUndefined();
  }
});

test('where it cannot be written nothing fails', async () => {
  mkdirSync(store.cacheFolder);
  writeFileSync(folder, 'in the way');
  await store.snapshots.write('s-1', VALUE);
  expect(await store.snapshots.read('s-1')).toBeUndefined();
});

test('it goes with its session; another id has another file', async () => {
  await store.snapshots.write('../x', VALUE).catch(() => {});
  await store.snapshots.write('s-1', VALUE);
  await store.snapshots.write('S-1', 'other');
  expect(await store.snapshots.read('s-1')).toEqual(VALUE);
  await store.snapshots.remove('s-1');
  await store.snapshots.remove('s-1');
  expect(existsSync(file)).toBe(false);
  expect(await store.snapshots.read('S-1')).toBe('other');
});

test('writing needs the lock', async () => {
  const other = storeIn(home);
  await expect(other.snapshots.write('s-1', VALUE)).rejects.toMatchObject({ code: 'internal' });
  await expect(other.snapshots.remove('s-1')).rejects.toMatchObject({ code: 'internal' });
});
