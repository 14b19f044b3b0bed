import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../base/digest.ts';
import type { GrantRecord } from '../contract/records.ts';
import type { Store } from './store.ts';
import { ownedStore, standingClock, storeIn, temporaryHome, type StandingClock } from './testing.ts';

let home: string;
let remove: () => void;
let clock: StandingClock;
let store: Store;
let path: string;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  clock = standingClock();
  ({ store } = ownedStore(home, clock));
  path = join(store.folder, 'governance', 'grants.jsonl');
});
afterEach(async () => {
  await store.close();
  remove();
});

const rule = {
  tool: 'exec_command',
  args_digest: digestOf('npm test'),
  facts_digest: digestOf('facts'),
  project_root: '/p',
};
const added = (grant_id: string, expires_at?: number): GrantRecord => ({
  type: 'grant.added',
  data: {
    grant_id,
    rule,
    by: 'local',
    session_id: 's-1',
    approval_id: 'a-1',
    ...(expires_at !== undefined && { expires_at }),
  },
});

test('a grant stands from when it is added until it is revoked, for every process', async () => {
  expect(await store.grants.list()).toEqual([]);
  await store.grants.append(added('g-1'));
  await store.grants.append(added('g-2'));
  await store.grants.append({ type: 'grant.revoked', data: { grant_id: 'g-1', by: 'local' } });
  for (const seen of [store, storeIn(home)])
    expect(await seen.grants.list()).toMatchObject([{ grant_id: 'g-2', ...rule, approval_id: 'a-1' }]);
});

test('it was given by who the line says, and of one from before roles were recorded by the least that may give one', async () => {
  const { data } = added('g-2') as Extract<GrantRecord, { type: 'grant.added' }>;
  await store.grants.append(added('g-1'));
  await store.grants.append({ type: 'grant.added', data: { ...data, rule: { ...rule, by_role: 'admin' } } });
  expect(await store.grants.list()).toMatchObject([{ by_role: 'operator' }, { by_role: 'admin' }]);
});

test('what happens to the file while it is known is seen', async () => {
  await store.grants.append(added('g-1'));
  const seen = storeIn(home);
  expect(await seen.grants.list()).toHaveLength(1);
  await store.grants.append({ type: 'grant.revoked', data: { grant_id: 'g-1', by: 'local' } });
  expect(await seen.grants.list()).toEqual([]);
  const whole = readFileSync(path, 'utf8');
  writeFileSync(path, whole.replace('g-1', 'g-2'));
  await expect(seen.grants.list()).rejects.toMatchObject({ code: 'store_damaged' });
  rmSync(path);
  expect(await seen.grants.list()).toEqual([]);
});

test('an expired grant does not stand', async () => {
  await store.grants.append(added('g-1', clock.now() + 1));
  expect(await store.grants.list()).toHaveLength(1);
  clock.set(clock.now() + 1);
  expect(await store.grants.list()).toEqual([]);
});

test('H-58 a torn last line is no grant; the next append cuts it', async () => {
  await store.grants.append(added('g-1'));
  await store.close();
  appendFileSync(path, readFileSync(path, 'utf8').slice(0, 100));
  store = ownedStore(home, clock).store;
  expect(await store.grants.list()).toHaveLength(1);
  await store.grants.append(added('g-2'));
  expect((await store.grants.list()).map(({ grant_id }) => grant_id)).toEqual(['g-1', 'g-2']);
});

test('a file that was changed by hand grants nothing', async () => {
  await store.grants.append(added('g-1'));
  writeFileSync(path, readFileSync(path, 'utf8').replace('exec_command', 'apply_patch!'));
  await expect(store.grants.list()).rejects.toMatchObject({ code: 'store_damaged' });
});

test('granting needs the lock', async () => {
  await expect(storeIn(home).grants.append(added('g-1'))).rejects.toMatchObject({ code: 'internal' });
});

test('a grant is held while it stands', async () => {
  await store.grants.append(added('g-1'));
  await store.grants.append(added('g-2'));
  await store.grants.append({ type: 'grant.revoked', data: { grant_id: 'g-1', by: 'local' } });
  expect(await Promise.all(['g-1', 'g-2', 'g-3'].map((id) => store.grants.holds(id)))).toEqual([false, true, false]);
});
