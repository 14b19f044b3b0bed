import { appendFileSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { UsageRecord } from '../contract/records.ts';
import { checkStore } from './care/check.ts';
import { repairStore } from './care/repair.ts';
import { ownedStore, standingClock, storeIn, temporaryHome } from './testing.ts';
import { workspacePaths } from './workspace.ts';

const NOVEMBER = '2026-11';
const { home, remove } = (() => {
  let at = temporaryHome();
  return {
    home: () => at.home,
    remove: () => {
      at.remove();
      at = temporaryHome();
    },
  };
})();
afterEach(remove);

const file = (): string => join(home(), 'workspaces/default/usage', `${NOVEMBER}.jsonl`);
const worked = (wall_ms: number): UsageRecord => ({
  type: 'usage.worked',
  data: { session: 's', budgets: ['day:2026-11-21'], wall_ms },
});
const totals = (wall_ms: number): UsageRecord => ({
  type: 'usage.totals',
  data: {
    totals: { 'day:2026-11-21': { calls: 0, tokens: 0, cost_micro_usd: 0, wall_ms, models: {} } },
    open: [],
  },
});

async function seen(month = NOVEMBER): Promise<UsageRecord[]> {
  const records: UsageRecord[] = [];
  await storeIn(home()).usage.read(month, (record) => void records.push(record));
  return records;
}

/** What an opening visits. */
async function opened(): Promise<UsageRecord[]> {
  const { store } = ownedStore(home());
  const records: UsageRecord[] = [];
  try {
    await store.usage.open(NOVEMBER, (record) => void records.push(record));
    return records;
  } finally {
    await store.close();
  }
}

async function write(...records: UsageRecord[]): Promise<void> {
  const { store } = ownedStore(home());
  const month = await store.usage.open(NOVEMBER, () => {});
  for (const record of records) {
    month.append([record]);
    await month.sync(); // the next line says so
  }
  await store.close();
}

test('a month is a chained file of its own, and read back as it was written', async () => {
  expect(storeIn(home()).usage.months()).toEqual([]);
  await write(worked(1), worked(2));
  expect(storeIn(home()).usage.months()).toEqual([NOVEMBER]);
  expect(await seen()).toEqual([worked(1), worked(2)]);
  expect(await seen('2026-12')).toEqual([]);
  const { store } = ownedStore(home());
  const month = await store.usage.open('2026-12', () => {});
  month.append([worked(3)]);
  await store.close();
  expect(storeIn(home()).usage.months()).toEqual([NOVEMBER, '2026-12']);
  expect(await seen()).toHaveLength(2);
});

test('an opening visits what follows the newest totals that are durable', async () => {
  await write(worked(1), totals(1));
  expect(await opened()).toEqual([worked(1), totals(1)]); // no later line says yet that they are durable
  await write(worked(2), worked(3));
  await write(worked(4));
  expect(await opened()).toEqual([totals(1), worked(2), worked(3), worked(4)]);
});

test('however long a month is, an opening reads little of it', async () => {
  const { store } = ownedStore(home());
  const month = await store.usage.open(NOVEMBER, () => {});
  for (let block = 0; block < 20; block++) {
    month.append([totals(block), ...Array.from({ length: 500 }, (_, n) => worked(n))]);
    await month.sync();
  }
  month.append([worked(1)]);
  await store.close();
  expect(await opened()).toHaveLength(502);
});

test('a torn end is cut and kept aside; nothing before it is lost', async () => {
  await write(worked(1), worked(2));
  appendFileSync(file(), '{"v":1,"seq":3,"at":1');
  expect(await opened()).toEqual([worked(1), worked(2)]);
  expect(readdirSync(join(home(), 'workspaces/default/torn'))).toEqual([expect.stringMatching(/^usage-2026-11/)]);
  expect(await seen()).toHaveLength(2);
});

test('damage refuses the opening, and is found by a check; a repair takes over what can be read', async () => {
  await write(worked(1), worked(2), worked(3));
  await write(worked(4));
  const text = readFileSync(file(), 'utf8');
  writeFileSync(file(), text.replace('"wall_ms":2', '"wall_ms":9'));
  await expect(opened()).rejects.toMatchObject({ code: 'store_damaged', message: expect.stringContaining('usage/') });
  const paths = workspacePaths(home(), 'default');
  const look = { paths, workspace: 'default', now: 0 };
  expect(await checkStore(look)).toMatchObject({
    problems: [{ file: `usage/${NOVEMBER}.jsonl`, code: 'hash_mismatch' }],
  });
  const clock = standingClock();
  await repairStore({ ...look, clock, by: 'ann', apply: true, kernel: undefined } as never);
  expect(await checkStore(look)).toMatchObject({ status: 'whole' });
  expect(await seen()).toEqual(expect.arrayContaining([worked(1), worked(3), worked(4)]));
});

test('an end that was durable and is missing is damage', async () => {
  await write(worked(1), worked(2));
  await write(worked(3));
  const text = readFileSync(file(), 'utf8');
  const lines = text.split('\n');
  // The third line says that the second was durable: without the second the file can't be.
  writeFileSync(file(), `${lines[0]}\n${lines[2]}\n`);
  await expect(opened()).rejects.toMatchObject({ code: 'store_damaged' });
  truncateSync(file(), 0);
  expect(await opened()).toEqual([]);
});

test('nobody writes without the lock', async () => {
  await expect(storeIn(home()).usage.open(NOVEMBER, () => {})).rejects.toMatchObject({ code: 'internal' });
});

test('a check counts its records', async () => {
  await write(worked(1), worked(2));
  const checked = await checkStore({ paths: workspacePaths(home(), 'default'), workspace: 'default', now: 0 });
  expect(checked).toMatchObject({ status: 'whole', counts: { usage_records: 2 }, notes: [] });
});
