import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf, type Digest } from '../base/digest.ts';
import type { Blobs } from '../contract/ports.ts';
import type { Store } from './store.ts';
import { ownedStore, storeIn, temporaryHome } from './testing.ts';

let home: string;
let remove: () => void;
let store: Store;
let blobs: Blobs;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  ({ store } = ownedStore(home));
  ({ blobs } = store);
});
afterEach(async () => {
  await store.close();
  remove();
});

function pathOf(digest: Digest, kind = 'sha256'): string {
  const hex = digest.slice('sha256:'.length);
  return join(store.folder, 'blobs', kind, hex.slice(0, 2), hex);
}

test('bytes and text come back under their digest, also without the lock', async () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
  expect(await blobs.put(bytes)).toBe(digestOf(bytes));
  expect(await blobs.put('tëxt')).toBe(digestOf('tëxt'));
  expect(await blobs.put('')).toBe(digestOf(''));
  const reader = storeIn(home).blobs;
  expect(Buffer.from((await reader.get(digestOf(bytes)))!).equals(bytes)).toBe(true);
  expect(Buffer.from((await reader.get(digestOf('tëxt')))!).toString()).toBe('tëxt');
  expect(await reader.get(digestOf(''))).toHaveLength(0);
});

test('what is not there is undefined, also what is no digest', async () => {
  expect(await blobs.get(digestOf('never'))).toBeUndefined();
  expect(await blobs.get('sha256:../../../workspace.json')).toBeUndefined();
});

test('private bytes lie apart, and are found all the same', async () => {
  const digest = await blobs.put('before', { private: true });
  expect(existsSync(pathOf(digest))).toBe(false);
  expect(statSync(pathOf(digest, 'private')).mode & 0o777).toBe(0o600);
  expect(Buffer.from((await blobs.get(digest))!).toString()).toBe('before');
  await blobs.put('before');
  expect(existsSync(pathOf(digest))).toBe(true);
});

test('known content is not written again, nor by those who come at the same time', async () => {
  const digests = await Promise.all(Array.from({ length: 20 }, () => blobs.put('same')));
  expect(new Set(digests)).toEqual(new Set([digestOf('same')]));
  const { ino } = statSync(pathOf(digestOf('same')));
  await blobs.put('same');
  expect(statSync(pathOf(digestOf('same'))).ino).toBe(ino);
  expect(readdirSync(dirname(pathOf(digestOf('same'))))).toEqual([digestOf('same').slice('sha256:'.length)]);
});

test('many at once are all there', async () => {
  const texts = Array.from({ length: 64 }, (_, index) => `blob ${index}`);
  const digests = await Promise.all(texts.map((text) => blobs.put(text)));
  const found = await Promise.all(digests.map(async (digest) => Buffer.from((await blobs.get(digest))!).toString()));
  expect(found).toEqual(texts);
});

test('other bytes than those of the name are refused', async () => {
  const digest = await blobs.put('true');
  writeFileSync(pathOf(digest), 'trüe');
  await expect(blobs.get(digest)).rejects.toMatchObject({
    code: 'store_damaged',
    message: expect.stringContaining(digest) as string,
  });
});

test('what a killed process left half-written is no blob, and in no one’s way', async () => {
  const path = pathOf(digestOf('whole'));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, 'who');
  expect(await blobs.get(digestOf('whole'))).toBeUndefined();
  expect(Buffer.from((await blobs.get(await blobs.put('whole')))!).toString()).toBe('whole');
  expect(existsSync(`${path}.tmp`)).toBe(false);
});

test('a blob that cannot be written is an error, and no name is left', async () => {
  const path = pathOf(digestOf('data'));
  mkdirSync(`${path}.tmp`, { recursive: true });
  await expect(blobs.put('data')).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(existsSync(path)).toBe(false);
});

test('putting needs the lock', async () => {
  await expect(storeIn(home).blobs.put('x')).rejects.toMatchObject({ code: 'internal' });
});
