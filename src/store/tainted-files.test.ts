import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TaintedFileRecord } from '../contract/records.ts';
import type { Store } from './store.ts';
import { ownedStore, standingClock, storeIn, temporaryHome } from './testing.ts';

let home: string;
let remove: () => void;
let store: Store;
let path: string;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  ({ store } = ownedStore(home));
  path = join(store.folder, 'governance', 'tainted-files.jsonl');
});
afterEach(async () => {
  await store.close();
  remove();
});

type Begun = Extract<TaintedFileRecord, { type: 'write.begun' }>['data'];
const begun = (id: string, where: Pick<Begun, 'paths' | 'below'>, ...sources: string[]): TaintedFileRecord => ({
  type: 'write.begun',
  data: { id, call: 's-1/c1.1.1', root: '/p', ...where, sources },
});
const ended = (id: string, ...paths: string[]): TaintedFileRecord => ({ type: 'write.ended', data: { id, paths } });
const trusted = (root: string): TaintedFileRecord => ({ type: 'files.trusted', data: { root, by: 'local' } });
const list = () => store.taintedFiles.list();

test('nothing is read, nor made, where nothing was written', async () => {
  expect(await list()).toEqual([]);
  expect(existsSync(path)).toBe(false);
});

test('files by name count from the beginning, with the sources of all who wrote them', async () => {
  await store.taintedFiles.append([begun('w-1', { paths: ['/p/a', '/p/b'] }, 'web:x')]);
  await store.taintedFiles.append([begun('w-2', { paths: ['/p/b'] }, 'web:y')]);
  const expected = [
    { path: '/p/a', sources: ['web:x'], but: [] },
    { path: '/p/b', sources: ['web:x', 'web:y'], but: [] },
  ];
  for (const seen of [store, storeIn(home)]) expect(await seen.taintedFiles.list()).toEqual(expected);
});

test('what may be written anywhere counts as written everywhere until it has ended, and then as what it wrote', async () => {
  await store.taintedFiles.append([begun('w-1', { below: ['/p'] }, 'web:x'), begun('w-2', { below: ['/p'] }, 'web:y')]);
  await store.taintedFiles.append([ended('w-1', '/p/a')]);
  const expected = [
    { path: '/p/a', sources: ['web:x'], but: [] },
    { path: '/p', sources: ['web:y'], but: [], open: 'w-2' },
  ];
  expect(await list()).toEqual(expected);
  // Killed there: whoever comes next finds the same.
  await store.close();
  store = ownedStore(home).store;
  expect(await list()).toEqual(expected);
});

describe('trust', () => {
  test('clears what lies in the folder by then', async () => {
    await store.taintedFiles.append([
      begun('w-1', { paths: ['/p/a', '/p2/b'] }, 'web:x'),
      begun('w-2', { below: ['/p'] }, 'web:x'),
      trusted('/p'),
      begun('w-3', { paths: ['/p/c'] }, 'web:x'),
    ]);
    expect((await list()).map((one) => one.path)).toEqual(['/p2/b', '/p/c']);
    await store.taintedFiles.append([ended('w-2', '/p/d')]);
    expect((await list()).map((one) => one.path)).toEqual(['/p2/b', '/p/c']);
  });

  test('leaves the rest of a folder around it, until that is written anew', async () => {
    await store.taintedFiles.append([
      begun('w-1', { paths: ['/'] }, 'web:x'),
      begun('w-2', { below: ['/p'] }, 'web:y'),
      trusted('/p/q'),
    ]);
    expect(await list()).toEqual([
      { path: '/', sources: ['web:x'], but: ['/p/q'] },
      { path: '/p', sources: ['web:y'], but: ['/p/q'] },
    ]);
    await store.taintedFiles.append([begun('w-3', { paths: ['/p'] }, 'web:z')]);
    expect((await list())[1]).toEqual({ path: '/p', sources: ['web:y', 'web:z'], but: [] });
  });
});

test('a torn last line is none; the next append cuts it', async () => {
  await store.taintedFiles.append([begun('w-1', { paths: ['/p/a'] }, 'web:x')]);
  await store.close();
  appendFileSync(path, readFileSync(path, 'utf8').slice(0, 100));
  store = ownedStore(home, standingClock()).store;
  expect(await list()).toHaveLength(1);
  await store.taintedFiles.append([begun('w-2', { paths: ['/p/b'] }, 'web:x')]);
  expect((await list()).map((one) => one.path)).toEqual(['/p/a', '/p/b']);
});

test('what happens to the file while it is known is seen; one that was changed is refused', async () => {
  await store.taintedFiles.append([begun('w-1', { paths: ['/p/a'] }, 'web:x')]);
  const seen = storeIn(home);
  expect(await seen.taintedFiles.list()).toHaveLength(1);
  await store.taintedFiles.append([trusted('/p')]);
  expect(await seen.taintedFiles.list()).toEqual([]);
  writeFileSync(path, readFileSync(path, 'utf8').replace('/p/a', '/p/b'));
  await expect(seen.taintedFiles.list()).rejects.toMatchObject({ code: 'store_damaged' });
  await expect(list()).rejects.toMatchObject({ code: 'store_damaged' });
  rmSync(path);
  expect(await list()).toEqual([]);
});

test('writing needs the lock', async () => {
  await expect(storeIn(home).taintedFiles.append([trusted('/p')])).rejects.toMatchObject({ code: 'internal' });
});
