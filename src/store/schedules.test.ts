import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Job, ScheduleRecord } from '../contract/schedule.ts';
import { checkStore } from './care/check.ts';
import type { Store } from './store.ts';
import { ownedStore, storeIn, temporaryHome } from './testing.ts';
import { workspacePaths } from './workspace.ts';

let home: string;
let remove: () => void;
let store: Store;
let path: string;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  ({ store } = ownedStore(home));
  path = join(store.folder, 'schedules.jsonl');
});
afterEach(async () => {
  await store.close();
  remove();
});

const job: Job = {
  name: 'a',
  schedule: '@every 1s',
  prompt: 'hello',
  tz: 'UTC',
  session: 'own',
  catch_up: 'skip',
  jitter_ms: 0,
  overlap: 'skip',
  max_failures: 3,
  root: '/',
};
const added: ScheduleRecord = { type: 'job.added', data: { job, added_at: 1, by: 'local' } };
const missed = (due_at: number): ScheduleRecord => ({
  type: 'firing.settled',
  data: { job: 'a', due_at, at: due_at, state: 'missed' },
});

async function recordsIn(from: Store): Promise<ScheduleRecord[]> {
  const records: ScheduleRecord[] = [];
  await from.schedules.read((record) => records.push(record));
  return records;
}

test('what was appended is read again, also by another process, and the file is private', async () => {
  expect(await recordsIn(store)).toEqual([]);
  expect(existsSync(path)).toBe(false);
  await store.schedules.append([added, missed(1)], { sync: true });
  await store.schedules.append([missed(2)], { sync: false });
  expect(await recordsIn(storeIn(home))).toEqual([added, missed(1), missed(2)]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('only the holder of the lock may write', async () => {
  const other = storeIn(home);
  await expect(other.schedules.append([added], { sync: true })).rejects.toMatchObject({ code: 'internal' });
  await expect(other.schedules.replace([added])).rejects.toMatchObject({ code: 'internal' });
});

test('written anew it holds those records and no others, and goes on', async () => {
  await store.schedules.append([added, missed(1), missed(2)], { sync: true });
  await store.schedules.replace([added, missed(2)]);
  await store.schedules.append([missed(3)], { sync: true });
  expect(await recordsIn(store)).toEqual([added, missed(2), missed(3)]);
  const checked = await checkStore({ paths: workspacePaths(home, 'default'), workspace: 'default', now: 0 });
  expect(checked).toMatchObject({ status: 'whole', counts: { schedule_records: 3 }, notes: [] });
});

test('a torn line at the end is put aside, and it goes on', async () => {
  await store.schedules.append([added], { sync: true });
  await store.close();
  appendFileSync(path, '{"v":1,"seq":2,"at":');
  expect(await recordsIn(storeIn(home))).toEqual([added]);
  ({ store } = ownedStore(home));
  await store.schedules.append([missed(1)], { sync: true });
  expect(await recordsIn(store)).toEqual([added, missed(1)]);
});

test('a changed line is damage: nothing is read, and nothing written behind it', async () => {
  await store.schedules.append([added, missed(1)], { sync: true });
  await store.close();
  writeFileSync(path, readFileSync(path, 'utf8').replace('hello', 'hullo'));
  await expect(recordsIn(storeIn(home))).rejects.toMatchObject({ code: 'store_damaged' });
  ({ store } = ownedStore(home));
  await expect(store.schedules.append([missed(2)], { sync: true })).rejects.toMatchObject({ code: 'store_damaged' });
  const checked = await checkStore({ paths: workspacePaths(home, 'default'), workspace: 'default', now: 0 });
  expect(checked.problems).toMatchObject([{ file: 'schedules.jsonl' }]);
});
