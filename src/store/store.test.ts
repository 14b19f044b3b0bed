import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../base/digest.ts';
import { entry, event, ownedStore, runProgram, storeIn, temporaryHome } from './testing.ts';

let home: string;
let remove: () => void;

beforeEach(() => ({ home, remove } = temporaryHome()));
afterEach(() => remove());

/** Uses every part of a store once. */
const USE_ALL = `
const use = async (home) => {
  const { store, fence } = testing.ownedStore(home);
  await store.ingress.accept(testing.event('e-1'));
  await store.blobs.put('public');
  await store.blobs.put('private', { private: true });
  const { seq } = await store.journal.open('s-1', () => {});
  await store.journal.append('s-1', { expected_seq: seq, fence }, [testing.entry(seq + 1)], { sync: true });
  await store.audit.append({ type: 'head', data: { session: 'other', seq: 1, hash: '0' } });
  await store.grants.append({ type: 'grant.revoked', data: { grant_id: 'g', by: 'local' } });
  const fs = await import('node:fs');
  fs.appendFileSync(store.folder + '/ingress/1.jsonl', 'torn');
  await store.close();
};
`;

describe('H-60 files are 0600 and folders 0700', () => {
  test.each(['000', '022', '077', '777'])('with umask %s', async (umask) => {
    const inner = join(home, 'made', 'home');
    const source = `process.umask(0o${umask}); ${USE_ALL} await use(process.argv[1]); await use(process.argv[1]);`;
    expect(await runProgram(source, inner).ended).toMatchObject({ code: 0, stderr: '' });
    const made = [
      'made',
      ...(readdirSync(join(home, 'made'), { recursive: true }) as string[]).map((name) => `made/${name}`),
    ];
    const wrong = made.filter((name) => {
      const stat = lstatSync(join(home, name));
      return (stat.mode & 0o777) !== (stat.isDirectory() ? 0o700 : 0o600);
    });
    expect(wrong).toEqual([]);
    expect(made).toEqual(expect.arrayContaining([expect.stringMatching(/torn\/ingress-1\.jsonl-1$/)]));
  });
});

test('the workspace is one small folder', async () => {
  const { store, fence } = ownedStore(home);
  await store.ingress.accept(event('e-1'));
  await store.journal.open('s-1', () => {});
  await store.journal.append('s-1', { expected_seq: 0, fence }, [entry(1)], { sync: true });
  await store.blobs.put('blob');
  const hex = digestOf('blob').slice('sha256:'.length);
  expect((readdirSync(store.folder, { recursive: true }) as string[]).sort()).toEqual([
    'ballast',
    'blobs',
    'blobs/sha256',
    `blobs/sha256/${hex.slice(0, 2)}`,
    `blobs/sha256/${hex.slice(0, 2)}/${hex}`,
    'ingress',
    'ingress/1.jsonl',
    'owner.json',
    'sessions',
    'sessions/s-1.jsonl',
    'workspace.json',
    'workspace.lock',
  ]);
  expect(JSON.parse(readFileSync(join(store.folder, 'workspace.json'), 'utf8'))).toEqual({
    v: 1,
    id: 'default',
    epoch: 1,
  });
  await store.close();
});

test('reading creates nothing', async () => {
  const store = storeIn(home);
  expect(store.workspace()).toEqual({ v: 1, id: 'default', epoch: 1 });
  expect(await store.journal.list()).toEqual([]);
  expect(await store.journal.read('s-1', () => {})).toMatchObject({ status: 'absent' });
  expect(await store.ingress.pending()).toEqual([]);
  expect(await store.grants.list()).toEqual([]);
  expect(await store.audit.head('s-1')).toBeUndefined();
  expect(await store.audit.read(() => {})).toMatchObject({ status: 'absent' });
  expect(await store.blobs.get(digestOf('x'))).toBeUndefined();
  await store.close();
  expect(readdirSync(home)).toEqual([]);
});

test('folders that were deleted are made again', async () => {
  const { store, fence } = ownedStore(home);
  for (const name of ['sessions', 'ingress', 'blobs']) rmSync(join(store.folder, name), { recursive: true });
  await store.ingress.accept(event('e-1'));
  await store.blobs.put('x');
  await store.journal.open('s-1', () => {});
  await store.journal.append('s-1', { expected_seq: 0, fence }, [entry(1)], { sync: true });
  expect(await store.journal.list()).toHaveLength(1);
  await store.close();
});

function writeRecord(text: string): string {
  const folder = join(home, 'workspaces', 'default');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'workspace.json'), text);
  return folder;
}

test('a store of a newer version is refused, by readers and owners, and not touched', () => {
  const folder = writeRecord('{"v":2,"id":"default"}');
  expect(() => storeIn(home)).toThrow(expect.objectContaining({ code: 'store_too_new', exitCode: 7 }));
  expect(readdirSync(folder)).toEqual(['workspace.json']);
});

test('a store that became newer since it was opened is refused by the lock', async () => {
  const store = storeIn(home);
  writeRecord('{"v":2,"id":"default"}');
  expect(() => store.takeLock()).toThrow(expect.objectContaining({ code: 'store_too_new' }));
  writeRecord('{"v":1,"id":"default","epoch":3}');
  expect(store.takeLock().ok).toBe(true); // the refused try holds nothing
  expect(store.workspace()).toEqual({ v: 1, id: 'default', epoch: 3 });
  await store.close();
});

test.each(['', '{"v":1', 'null', '[]', '{"v":1,"id":"default"}', '{"v":1,"id":"default","epoch":"1"}'])(
  'a workspace record that says %j is damage',
  (text) => {
    writeRecord(text);
    expect(() => storeIn(home)).toThrow(expect.objectContaining({ code: 'store_damaged' }));
  },
);

test.each(['', '..', '../x', 'a/b', 'Upper', '.hidden', 'x'.repeat(65), 'a\0b'])(
  'the workspace id %j is refused',
  (id) => {
    expect(() => storeIn(home, undefined, id)).toThrow(expect.objectContaining({ code: 'invalid_id', exitCode: 2 }));
  },
);

// Root may write anywhere.
test.skipIf(process.getuid?.() === 0)('a home that may not be written to is an error that says so', () => {
  chmodSync(home, 0o500);
  expect(() => storeIn(join(home, 'inner')).takeLock()).toThrow(expect.objectContaining({ code: 'no_permission' }));
  chmodSync(home, 0o700);
});

test('a home that is a file is an error that says so', () => {
  writeFileSync(join(home, 'file'), '');
  expect(() => ownedStore(join(home, 'file'))).toThrow(expect.objectContaining({ code: 'store_unavailable' }));
  expect(existsSync(join(home, 'file'))).toBe(true);
});
