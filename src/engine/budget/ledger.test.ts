import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Entry, NewEntry } from '../../contract/entries.ts';
import type { SharedScope } from '../../contract/manifest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Budget, Journal, ReserveRequest, UsageLog } from '../../contract/ports.ts';
import type { UsageRecord } from '../../contract/records.ts';
import type { Store } from '../../store/store.ts';
import { ownedStore, standingClock, temporaryHome, type StandingClock } from '../../store/testing.ts';
import { createLedger } from './ledger.ts';
import { emptyTally, take, usedOf } from './tally.ts';

const NOON = new Date(2026, 10, 21, 12).getTime();
const USD = 1_000_000;

let home: string;
let remove: () => void;
let clock: StandingClock;
let store: Store;
let budget: Budget;
let journals: Map<string, { entry: Entry; hash: string }[]>;
/** What reading a journal fails with. */
let failure: RuntimeError | undefined;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  clock = standingClock(NOON);
  journals = new Map();
  failure = undefined;
  start();
});
afterEach(async () => {
  await store.close();
  remove();
});

/** A process on the home. */
function start(): void {
  ({ store } = ownedStore(home, clock));
  const journal: Pick<Journal, 'read'> = {
    async read(session, visit, from) {
      if (failure) throw failure;
      const after = from && 'after' in from ? from.after : 0;
      for (const { entry, hash } of journals.get(session) ?? []) {
        if (entry.seq > after) await visit({ entry, hash, id: '', durable: 0 });
      }
      return { status: 'whole', seq: 0, hash: '', durable: 0 };
    },
  };
  budget = createLedger({ usage: store.usage, journal, clock, crashPoint: () => {} });
}

async function restart(): Promise<void> {
  await store.close();
  start();
}

const dayCost = (usd: number): SharedScope => ({ scope: 'day', limits: { cost_micro_usd: usd * USD } });

function request(session: string, over: Partial<ReserveRequest> = {}): ReserveRequest {
  return {
    session,
    for: 'm1.1.1',
    intent: { seq: 5, hash: session.padEnd(64, '0') },
    model: 'main',
    scopes: [dayCost(20)],
    tokens: 1000,
    cost_micro_usd: 1 * USD,
    wall_ms: 600_000,
    active_ms: 0,
    ...over,
  };
}

const charge = (usd: number, over = {}) => ({
  tokens: 100,
  cost_micro_usd: usd * USD,
  sent: true,
  active_ms: 0,
  ...over,
});

async function used(of = 'day:2026-11-21', month = '2026-11') {
  const tally = emptyTally();
  await store.usage.read(month, (record) => take(tally, record));
  return usedOf(tally, of);
}

async function records(month = '2026-11'): Promise<UsageRecord[]> {
  const found: UsageRecord[] = [];
  await store.usage.read(month, (record) => void found.push(record));
  return found;
}

describe('a reservation', () => {
  test('counts until it is settled, then what was used does', async () => {
    expect(await budget.reserve(request('a'))).toEqual({
      ok: true,
      scopes: [{ scope: 'day_cost', limit: 20 * USD, used: 0, reserved: USD }],
    });
    expect(await used()).toMatchObject({ used: { calls: 0 }, held: { calls: 1, cost_micro_usd: USD } });
    await budget.settle('a', charge(0.25));
    expect(await used()).toMatchObject({
      used: { calls: 1, tokens: 100, cost_micro_usd: 0.25 * USD },
      held: { calls: 0, cost_micro_usd: 0 },
    });
  });

  test('is made in every budget or in none', async () => {
    const scopes = [dayCost(20), { scope: 'sender:ann', limits: { calls: 1 } }];
    await budget.reserve(request('a', { scopes }));
    expect(await budget.reserve(request('b', { scopes }))).toMatchObject({ ok: false, refused_by: 'sender_calls' });
    expect(await used()).toMatchObject({ held: { calls: 1 } });
    expect(await budget.reserve(request('b', { scopes: [dayCost(20), { scope: 'sender:bob', limits: { calls: 1 } }] }))).toMatchObject({ ok: true }); // prettier-ignore
  });

  test('of 32 sessions at once never passes a limit together', async () => {
    const answers = await Promise.all(Array.from({ length: 32 }, (_, n) => budget.reserve(request(`s-${n}`))));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(20);
    expect((await used()).held.cost_micro_usd).toBe(20 * USD);
  });

  test('whose call was never sent is given back', async () => {
    await budget.reserve(request('a'));
    await budget.settle('a', charge(0, { sent: false }));
    expect(await used()).toMatchObject({ used: { calls: 0 }, held: { calls: 0 } });
  });

  test('is settled once, whatever is told', async () => {
    await budget.reserve(request('a'));
    await budget.settle('a', charge(0.5));
    await budget.settle('a', charge(0.5));
    await budget.settle('nobody', charge(0.5));
    expect((await used()).used.cost_micro_usd).toBe(0.5 * USD);
  });

  test('that nobody settled counts in full when its session goes on, or its turn ends', async () => {
    await budget.reserve(request('a'));
    await budget.reserve(request('a', { for: 'm1.1.2', intent: { seq: 9, hash: 'f'.repeat(64) } }));
    expect(await used()).toMatchObject({ used: { cost_micro_usd: USD }, held: { cost_micro_usd: USD } });
    await budget.ended('a', 0);
    expect(await used()).toMatchObject({ used: { cost_micro_usd: 2 * USD }, held: { cost_micro_usd: 0 } });
  });

  test('of a model without a price meets no limit of money', async () => {
    const { cost_micro_usd: _, ...free } = request('a', { scopes: [dayCost(0.000001)] });
    expect(await budget.reserve(free)).toEqual({ ok: true, scopes: [] });
  });
});

describe('a refusal', () => {
  test('by what was left of another budget names that one', async () => {
    const scopes = [{ scope: 'goal:g.1', limits: { calls: 1 }, left_of: { calls: 'session' as const } }];
    await budget.reserve(request('a', { scopes }));
    const { refused_by, message } = await budget.reserve(request('b', { scopes }));
    expect([refused_by, message]).toEqual([
      'session_calls',
      "The next model call could use 1 calls and pass what was left of the session's limit of model calls: 1 calls of 1 calls are used, 1 calls of that reserved by calls that run now. Raise budget.session.calls to go on.",
    ]);
  });

  test('says what is used of what, who used it, and how to go on', async () => {
    await budget.reserve(request('a', { cost_micro_usd: 19 * USD }));
    await budget.settle('a', charge(18));
    await budget.reserve(request('b', { model: 'small' }));
    const { message } = await budget.reserve(request('c', { cost_micro_usd: 2 * USD }));
    expect(message).toBe(
      "The next model call could use 2 USD and pass the day's money limit: 19 USD of 20 USD are used, 1 USD of that reserved by calls that run now. Spent most: main (18 USD); `runtime cost` says on what. Raise budget.day.cost to go on, or wait until the day ends.",
    );
  });

  test('follows what was used beyond the reservation, and nothing more is lent', async () => {
    await budget.reserve(request('a', { scopes: [dayCost(2)] }));
    await budget.settle('a', charge(3));
    expect(await budget.reserve(request('b', { scopes: [dayCost(2)], cost_micro_usd: 1 }))).toMatchObject({
      ok: false,
      scopes: [{ scope: 'day_cost', limit: 2 * USD, used: 3 * USD, reserved: 1 }],
    });
  });
});

describe('over days, months and starts', () => {
  test('a day ends, a month goes on', async () => {
    const scopes = [dayCost(1), { scope: 'month', limits: { cost_micro_usd: 2 * USD } }];
    await budget.reserve(request('a', { scopes }));
    await budget.settle('a', charge(1));
    expect(await budget.reserve(request('b', { scopes }))).toMatchObject({ refused_by: 'day_cost' });
    clock.set(new Date(2026, 10, 22, 0, 0, 1).getTime());
    expect(await budget.reserve(request('b', { scopes }))).toMatchObject({ ok: true });
    await budget.settle('b', charge(1));
    clock.set(new Date(2026, 10, 23).getTime());
    expect(await budget.reserve(request('c', { scopes }))).toMatchObject({ refused_by: 'month_cost' });
    clock.set(new Date(2026, 11, 1).getTime());
    expect(await budget.reserve(request('c', { scopes }))).toMatchObject({ ok: true });
  });

  test('what is used survives a start', async () => {
    await budget.reserve(request('a'));
    await budget.settle('a', charge(19.5));
    await restart();
    expect(await budget.reserve(request('b'))).toMatchObject({ ok: false, scopes: [{ used: 19.5 * USD }] });
  });

  test('a call that runs when the month ends is settled where it was reserved', async () => {
    await budget.reserve(request('a'));
    clock.set(new Date(2026, 11, 1).getTime());
    await budget.reserve(request('b'));
    await budget.settle('a', charge(0.5));
    expect((await used()).used.cost_micro_usd).toBe(0.5 * USD);
    expect(await used('day:2026-12-01', '2026-12')).toMatchObject({ held: { calls: 1 }, used: { calls: 0 } });
  });

  test('a clock that is set back finds its day as it was', async () => {
    await budget.reserve(request('a'));
    await budget.settle('a', charge(19.5));
    clock.set(new Date(2026, 10, 25).getTime());
    for (let n = 0; n < 100; n++) {
      await budget.reserve(request('b', { cost_micro_usd: 1 }));
      await budget.settle('b', charge(0));
    }
    clock.set(NOON);
    expect(await budget.reserve(request('c'))).toMatchObject({ ok: false });
  });

  test('a tree of sessions knows no months', async () => {
    const scopes = [{ scope: 'tree:root', limits: { cost_micro_usd: 2 * USD } }];
    await budget.reserve(request('a', { scopes }));
    await budget.settle('a', charge(1));
    clock.set(new Date(2027, 0, 1).getTime());
    expect(await budget.reserve(request('b', { scopes, cost_micro_usd: 2 * USD }))).toMatchObject({
      refused_by: 'tree_cost',
      message: expect.stringContaining('budget.session.cost') as string,
    });
    await restart();
    expect(await budget.reserve(request('b', { scopes }))).toMatchObject({ ok: true });
  });
});

describe('a reservation that the last process left', () => {
  const REQUEST: Extract<NewEntry, { type: 'model.requested' }>['data'] = {
    call_id: 'm1.1',
    attempt: 1,
    purpose: 'think',
    provider: 'script',
    model: 'main',
    request_digest: `sha256:${'0'.repeat(64)}`,
    message_count: 1,
    max_output_tokens: 100,
    reserve: { tokens: 1000, cost_micro_usd: USD },
  };
  const usage = { input: 100, output: 10, cached: 0, reasoning: 0 };

  function recorded(...entries: NewEntry[]): void {
    const all: NewEntry[] = [{ type: 'model.requested', data: REQUEST }, ...entries];
    journals.set('a', all.map((entry, index) => ({
      entry: { v: 1, seq: 5 + index, at: NOON + index, ...entry } as Entry,
      hash: index === 0 ? 'a'.padEnd(64, '0') : `${index}`,
    }))); // prettier-ignore
  }

  const replied: NewEntry = {
    type: 'model.replied',
    data: {
      call_id: 'm1.1',
      attempt: 1,
      parts: [],
      tool_calls: [],
      stop_reason: 'end',
      usage,
      cost_micro_usd: 700,
      model_served: 'main',
      wire_digest: `sha256:${'0'.repeat(64)}`,
      duration_ms: 1,
    },
  };
  const failed = (failure: 'network' | 'rate_limit' | 'aborted', with_usage = {}): NewEntry => ({
    type: 'model.failed',
    data: { call_id: 'm1.1', attempt: 1, class: failure, code: failure, message: failure, ...with_usage },
  });
  const nothing = { usage: { input: 0, output: 0, cached: 0, reasoning: 0 } };

  test.each<[string, NewEntry[] | undefined, object]>([
    ['whose answer the journal has: by its usage', [replied], { calls: 1, tokens: 110, cost_micro_usd: 700 }],
    ['that failed and may have cost: in full', [failed('network')], { calls: 1, tokens: 1000, cost_micro_usd: USD }],
    [
      'that was refused before any work: with nothing',
      [failed('rate_limit')],
      { calls: 1, tokens: 0, cost_micro_usd: 0 },
    ],
    ['that was never sent: given back', [failed('aborted', nothing)], { calls: 0, tokens: 0, cost_micro_usd: 0 }],
    ['without an answer: in full', [], { calls: 1, tokens: 1000, cost_micro_usd: USD }],
    ['whose journal is gone: in full', undefined, { calls: 1, tokens: 1000, cost_micro_usd: USD }],
  ])('%s', async (_, entries, expected) => {
    if (entries) recorded(...entries);
    await budget.reserve(request('a'));
    await restart();
    await budget.reserve(request('b'));
    expect((await used()).used).toMatchObject(expected);
    await restart();
    await budget.reserve(request('c'));
    expect((await records()).filter(({ type, data }) => type !== 'usage.totals' && data.session === 'a')).toHaveLength(
      2,
    );
  });

  test('whose journal the disk does not give now: holds what it may cost until it does', async () => {
    recorded(replied);
    await budget.reserve(request('a'));
    await restart();
    failure = new RuntimeError('store_unavailable', 'EIO');
    await budget.reserve(request('b'));
    expect(await used()).toMatchObject({ used: { calls: 0 }, held: { calls: 2, cost_micro_usd: 2 * USD } });
    failure = undefined;
    await budget.reserve(request('c'));
    expect(await used()).toMatchObject({ used: { calls: 1, cost_micro_usd: 700 }, held: { calls: 2 } });
  });

  test('whose journal is damaged: in full', async () => {
    await budget.reserve(request('a'));
    await restart();
    failure = new RuntimeError('store_damaged', 'a line is not what was written');
    await budget.reserve(request('b'));
    expect(await used()).toMatchObject({ used: { calls: 1, cost_micro_usd: USD }, held: { calls: 1 } });
  });

  test('is not that of another line: the answer of a fork says nothing of it', async () => {
    recorded(replied);
    await budget.reserve(request('a', { intent: { seq: 5, hash: '9'.repeat(64) } }));
    await restart();
    await budget.reserve(request('b'));
    expect((await used()).used).toMatchObject({ calls: 1, tokens: 1000 });
  });
});

describe('active time', () => {
  const scopes = [{ scope: 'day', limits: { wall_ms: 10_000 } }];

  test('is lent as far as there is some, for calls and for the tools behind them', async () => {
    expect(await budget.reserve(request('a', { scopes, wall_ms: 6000 }))).toMatchObject({
      ok: true,
      scopes: [{ scope: 'day_wall', limit: 10_000, used: 0, reserved: 6000 }],
    });
    expect(await budget.reserve(request('b', { scopes, wall_ms: 6000 }))).toMatchObject({
      ok: true,
      scopes: [{ scope: 'day_wall', used: 6000, reserved: 4000 }],
    });
    expect(await budget.reserve(request('c', { scopes }))).toMatchObject({ ok: false, refused_by: 'day_wall' });
    // `a` asked for a second, and then has five for its tools.
    await budget.settle('a', charge(0, { active_ms: 1000 }));
    expect(await budget.reserve(request('c', { scopes }))).toMatchObject({ ok: false });
    await budget.ended('a', 3000);
    expect((await used()).used.wall_ms).toBe(3000);
    expect(await budget.reserve(request('c', { scopes }))).toMatchObject({
      ok: true,
      scopes: [{ scope: 'day_wall', used: 7000, reserved: 3000 }],
    });
  });
});

test('however many calls a month has, an opening finds what was used', async () => {
  for (let n = 0; n < 500; n++) {
    await budget.reserve(request(`s-${n % 7}`, { for: `m${n}.1.1`, cost_micro_usd: 10 }));
    await budget.settle(`s-${n % 7}`, { tokens: 1, cost_micro_usd: 7, sent: true, active_ms: 0 });
  }
  await budget.durable('s-1');
  await restart();
  expect(await budget.reserve(request('b'))).toMatchObject({ scopes: [{ used: 3500 }] });
  expect((await records()).filter(({ type }) => type === 'usage.totals').length).toBeGreaterThan(10);
});

test('a call of a killed turn that was settled before the newest totals is not counted again', async () => {
  for (let n = 1; n <= 80; n++) {
    await budget.reserve(request('a', { for: `m1.${n}.1`, intent: { seq: 5 * n, hash: String(n).padEnd(64, '0') } }));
    await budget.durable('a');
    await budget.settle('a', charge(0.01));
  }
  await restart();
  const call = ({ seq, hash }: { seq: number; hash: string }, attempt: string) => {
    const { wall_ms: _, active_ms: __, ...recorded } = request('a', { for: attempt, intent: { seq, hash } });
    return { ...recorded, at: NOON };
  };
  const first = call({ seq: 5, hash: '1'.padEnd(64, '0') }, 'm1.1.1');
  const lost = call({ seq: 405, hash: '81'.padEnd(64, '0') }, 'm1.81.1');
  await budget.begin([first]);
  expect((await used()).used).toMatchObject({ calls: 80, cost_micro_usd: 0.8 * USD });
  // One that a power cut took is, once.
  await budget.begin([first, lost]);
  await budget.begin([first, lost]);
  expect((await used()).used).toMatchObject({ calls: 81, cost_micro_usd: 1.8 * USD });
});

describe('a file that takes nothing more', () => {
  /** The store's log. What a sync that fails would have made durable is lost then, or is still there to be read. */
  function failing() {
    let syncs: 'work' | 'fail' | 'fail and lose' = 'work';
    /** `mark`: so many lines were durable when it was written. */
    const files = new Map<string, { lines: { record: UsageRecord; mark: number }[]; durable: number }>();
    const usage: UsageLog = {
      months: () => [...files.keys()],
      async read(month, visit) {
        for (const { record } of files.get(month)?.lines ?? []) visit(record, 0);
      },
      async open(month, visit) {
        const file = files.get(month) ?? { lines: [], durable: 0 };
        files.set(month, file);
        const known = Math.max(0, ...file.lines.map(({ mark }) => mark));
        const from = file.lines.findLastIndex(({ record }, at) => record.type === 'usage.totals' && at < known);
        for (const { record } of file.lines.slice(Math.max(0, from))) visit(record);
        return {
          append: (added) => void file.lines.push(...added.map((record) => ({ record, mark: file.durable }))),
          async sync() {
            if (syncs === 'fail and lose') file.lines.length = file.durable;
            if (syncs !== 'work') throw new RuntimeError('store_unavailable', 'input/output error');
            file.durable = file.lines.length;
          },
          close: async () => {},
        };
      },
    };
    const journal = { read: async () => ({ status: 'absent' as const, seq: 0, hash: '', durable: 0 }) };
    return {
      set: (to: typeof syncs) => void (syncs = to),
      open: () => createLedger({ usage, journal, clock, crashPoint: () => {} }),
      lines: () => [...files.values()].flatMap(({ lines }) => lines.map(({ record }) => record)),
    };
  }

  test('is opened anew, and what it lost is written again', async () => {
    const { set, open } = failing();
    const ledger = open();
    set('fail and lose');
    await ledger.reserve(request('a'));
    await ledger.settle('a', charge(0.5));
    await ledger.reserve(request('b'));
    set('work');
    await ledger.durable('b');
    expect(await ledger.reserve(request('c'))).toMatchObject({ scopes: [{ used: 1.5 * USD }] });
    await ledger.durable('c');
    expect(await open().reserve(request('d'))).toMatchObject({ scopes: [{ used: 2.5 * USD }] });
  });

  test('a second time, that loses what was still there to be read after the first: that is written again, too', async () => {
    const { set, open } = failing();
    const ledger = open();
    set('fail');
    await ledger.reserve(request('a'));
    set('fail and lose');
    await expect(ledger.durable('a')).rejects.toMatchObject({ code: 'store_unavailable' });
    set('work');
    await ledger.settle('a', charge(0.5));
    await ledger.begin([]);
    expect(await open().reserve(request('b'))).toMatchObject({ scopes: [{ used: 0.5 * USD }] });
  });

  test('that held what a killed process left: what it lost of that is written again, too', async () => {
    const { set, open } = failing();
    set('fail');
    await open().reserve(request('a'));
    const ledger = open();
    set('fail and lose');
    await expect(ledger.begin([])).rejects.toMatchObject({ code: 'store_unavailable' });
    set('work');
    await ledger.begin([]);
    expect(await open().reserve(request('b'))).toMatchObject({ scopes: [{ used: USD }] });
  });

  test('when it ended with totals: what stands before them is not written again', async () => {
    const { set, open, lines } = failing();
    const first = open();
    for (let n = 1; lines().at(-1)?.type !== 'usage.totals'; n++) {
      await first.reserve(request('a', { for: `m1.${n}.1`, cost_micro_usd: 10 }));
      if (lines().at(-1)?.type !== 'usage.totals') await first.settle('a', charge(0));
    }
    const calls = (): number => lines().filter(({ type }) => type === 'usage.reserved').length;
    const before = calls();
    const ledger = open();
    set('fail');
    await ledger.reserve(request('b'));
    set('work');
    await ledger.durable('b');
    expect(calls()).toBe(before + 1);
  });

  test('in a new month: what a tree of sessions used before still counts', async () => {
    const { set, open } = failing();
    const scopes = [{ scope: 'tree:root', limits: { cost_micro_usd: 2 * USD } }];
    const ledger = open();
    await ledger.reserve(request('a', { scopes }));
    await ledger.settle('a', charge(1));
    clock.set(new Date(2026, 11, 1).getTime());
    set('fail and lose');
    await ledger.reserve(request('b', { scopes, cost_micro_usd: 0.5 * USD }));
    set('work');
    await ledger.durable('b');
    expect(await ledger.reserve(request('c', { scopes }))).toMatchObject({ scopes: [{ used: 1.5 * USD }] });
  });

  test('for good: who relies on it is told', async () => {
    const { set, open } = failing();
    const ledger = open();
    set('fail and lose');
    await ledger.reserve(request('a'));
    await expect(ledger.durable('a')).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  test('for good: that is told also when the next call of the turn was refused', async () => {
    const { set, open } = failing();
    const ledger = open();
    const scopes = [dayCost(1)];
    set('fail and lose');
    await ledger.reserve(request('a', { scopes }));
    await ledger.settle('a', charge(1));
    expect(await ledger.reserve(request('a', { scopes }))).toMatchObject({ ok: false });
    await expect(ledger.durable('a')).rejects.toMatchObject({ code: 'store_unavailable' });
    set('work');
    await ledger.durable('a');
    await ledger.ended('a', 0);
    expect(await open().reserve(request('b', { scopes }))).toMatchObject({ ok: false });
  });
});
