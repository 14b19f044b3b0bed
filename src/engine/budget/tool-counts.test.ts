import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../contract/config.ts';
import type { Quotas } from '../../contract/quotas.ts';
import type { UsageRecord } from '../../contract/records.ts';
import type { Store } from '../../store/store.ts';
import { ownedStore, standingClock, temporaryHome, type StandingClock } from '../../store/testing.ts';
import { defaultConfig } from '../testing/default-config.ts';
import { lateLedger } from './late-ledger.ts';
import { createQuotas } from './quotas.ts';

const NOON = new Date(2026, 10, 29, 12).getTime();
const DAY = 24 * 60 * 60 * 1000;

let home: string;
let remove: () => void;
let clock: StandingClock;
let store: Store;
let quotas: Quotas;
let config: Config;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  clock = standingClock(NOON);
  limit({ work: 2 });
  start();
});
afterEach(async () => {
  await store.close();
  remove();
});

/** A process on the home. */
function start(): void {
  ({ store } = ownedStore(home, clock));
  quotas = createQuotas(
    () => config,
    lateLedger(store, clock, () => {}),
  );
}

async function restart(): Promise<void> {
  await store.close();
  start();
}

function limit(daily_tool_limit: Config['governance']['daily_tool_limit']): void {
  const standard = defaultConfig();
  config = { ...standard, governance: { ...standard.governance, daily_tool_limit } };
}

const call = (call_id: string, over = {}) => ({ session: 's', call_id, attempt: 1, tool: 'work', ...over });

async function linesOf(month: string): Promise<UsageRecord[]> {
  const found: UsageRecord[] = [];
  await store.usage.read(month, (record) => void found.push(record));
  return found;
}

describe('calls of a tool on a day', () => {
  test('run up to the limit, in this process and the next', async () => {
    expect(await quotas.take(call('c1'))).toBeUndefined();
    expect(await quotas.usedUp('work')).toBeUndefined();
    await restart();
    expect(await quotas.take(call('c2'))).toBeUndefined();
    expect(await quotas.take(call('c3'))).toEqual({ limit: 2, used: 2 });
    await restart();
    expect(await quotas.usedUp('work')).toEqual({ limit: 2, used: 2 });
    expect(await quotas.take(call('c4', { session: 'other' }))).toEqual({ limit: 2, used: 2 });
  });

  test('that ask at once share what is left', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((session) => quotas.take(call('c1', { session }))));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(2);
  });

  test('count once for all attempts, also those of another process', async () => {
    await quotas.take(call('c1'));
    await quotas.take(call('c1', { attempt: 2 }));
    await restart();
    expect(await quotas.take(call('c1', { attempt: 3 }))).toBeUndefined();
    await quotas.take(call('c2'));
    expect(await quotas.take(call('c2', { attempt: 2 }))).toBeUndefined(); // used up, and it has its place
    expect(await quotas.take(call('c3'))).toEqual({ limit: 2, used: 2 });
    expect(await linesOf('2026-11')).toHaveLength(2);
  });

  test('count at a second attempt where the first was cut off before it did', async () => {
    await quotas.take(call('c1', { attempt: 2 }));
    await quotas.take(call('c2'));
    expect(await quotas.usedUp('work')).toEqual({ limit: 2, used: 2 });
  });

  test('count anew on the next day, and as before where the clock is set back', async () => {
    for (const id of ['c1', 'c2']) await quotas.take(call(id));
    clock.set(NOON + DAY);
    expect(await quotas.take(call('c3'))).toBeUndefined();
    clock.set(NOON + 3 * DAY); // another month
    expect(await quotas.take(call('c4'))).toBeUndefined();
    clock.set(NOON);
    expect(await quotas.take(call('c5'))).toEqual({ limit: 2, used: 2 });
    await restart();
    expect(await quotas.usedUp('work')).toEqual({ limit: 2, used: 2 });
    clock.set(NOON + DAY);
    expect(await quotas.take(call('c6'))).toBeUndefined();
    expect(await quotas.take(call('c7'))).toEqual({ limit: 2, used: 2 });
  });

  test('a call that runs again on the next day has its place of the day before', async () => {
    await quotas.take(call('c1'));
    clock.set(NOON + 3 * DAY);
    await restart();
    await quotas.take(call('c1', { attempt: 2 }));
    expect(store.usage.months()).toEqual(['2026-11']);
  });

  test('stand in the totals, whatever else is counted', async () => {
    limit(200);
    for (let at = 0; at < 100; at++) await quotas.take(call(`c${at}`));
    expect((await linesOf('2026-11')).filter(({ type }) => type === 'usage.totals')).toHaveLength(1);
    await restart();
    limit(100);
    expect(await quotas.usedUp('work')).toEqual({ limit: 100, used: 100 });
  });
});

describe('limits', () => {
  test('are those of the configuration as it is now, by name or for all', async () => {
    limit({ work: 1, '*': 2, look: 0 });
    await quotas.take(call('c1'));
    expect(await quotas.take(call('c2'))).toEqual({ limit: 1, used: 1 });
    limit(3);
    expect(await quotas.take(call('c2'))).toBeUndefined();
    limit({ '*': 2 });
    expect(await quotas.usedUp('work')).toEqual({ limit: 2, used: 2 });
  });

  test('that are none open no ledger', async () => {
    limit({ work: 0, other: 5 });
    expect(await quotas.take(call('c1'))).toBeUndefined();
    expect(await quotas.usedUp('work')).toBeUndefined();
    limit(0);
    expect(await quotas.take(call('c2'))).toBeUndefined();
    expect(store.usage.months()).toEqual([]);
  });
});
