/** Budgets that sessions share: nothing passes them together, over days, crashes and misreports. */
import { appendFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { UsageKey, UsageRecord, UsageReservation } from '../src/contract/records.ts';
import { emptyTally, take, usedOf } from '../src/engine/budget/tally.ts';
import { startDaemon } from './support/daemon.ts';
import type { MockReply } from './support/mock-reply.ts';
import type { MockRequest } from './support/mock-service.ts';
import { entriesOf, expectVerified, type Place, test } from './support/place.ts';
import { hasStrace } from './support/syncs.ts';

const PRICE = { price: { input: 1, output: 10 } }; // USD per million tokens

function usageRecords(place: Place): UsageRecord[] {
  const folder = join(place.home, 'workspaces/default/usage');
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as UsageRecord),
  );
}

/** What was used of the day, in micro-USD, and what is reserved still. */
function daySpent(place: Place): { used: number; held: number } {
  const tally = emptyTally();
  for (const record of usageRecords(place)) take(tally, record);
  const [day] = [
    ...new Set(usageRecords(place).flatMap((one) => ('budgets' in one.data ? one.data.budgets : []))),
  ].filter((budget) => budget.startsWith('day:'));
  const { used, held } = usedOf(tally, day!);
  return { used: used.cost_micro_usd, held: held.cost_micro_usd };
}

test('a plain turn of a priced model reserves and settles; the day is counted on by the next process', async ({
  place,
  mock,
}) => {
  mock.reply(
    { text: 'one', usage: { input: 1000, output: 100 } },
    { text: 'two', usage: { input: 1000, output: 200 } },
  );
  place.connect(mock, PRICE);
  await place.run(['run', '--session', 'one', 'go']);
  await place.run(['run', '--session', 'two', 'go']);
  expect(usageRecords(place).map(({ type }) => type)).toEqual([
    'usage.reserved', 'usage.settled', 'usage.reserved', 'usage.settled',
  ]); // prettier-ignore
  expect(daySpent(place)).toEqual({ used: 5000, held: 0 });
  expect(entriesOf(place.journal('two'), 'budget.reserved')).toMatchObject([
    { for: 'm1.1.1', scopes: [{ scope: 'day_cost', limit: 20_000_000, used: 2000 }, { scope: 'month_cost' }] },
  ]);
  await expectVerified(place, 'two');
  expect((await place.run(['store', 'check'])).code).toBe(0);
});

test('a model without a price leaves no ledger', async ({ place }) => {
  place.play([{ match: { any: true }, reply: { text: 'ok' } }]);
  await place.run(['run', '--session', 'one', 'go']);
  expect(readdirSync(join(place.home, 'workspaces/default'))).not.toContain('usage');
});

test('a day that is used up refuses, and says what to do', async ({ place, mock }) => {
  mock.reply({ text: 'one', usage: { input: 99_990, output: 1 } }, { text: 'never' });
  place.connect(mock, PRICE, { budget: { day: { cost: 0.25 } } });
  expect((await place.run(['run', '--session', 'one', 'go'])).code).toBe(0);
  const { code, stderr } = await place.run(['run', '--session', 'two', 'go']);
  expect(code).toBe(1);
  expect(stderr).toContain('0.1 USD of 0.25 USD are used');
  expect(stderr).toContain('budget.day.cost');
  expect(entriesOf(place.journal('two'), 'turn.ended')).toMatchObject([
    { reason: 'budget_exceeded', code: 'day_cost' },
  ]);
  expect(mock.requests).toHaveLength(1);
  await expectVerified(place, 'two');
  const more = await place.run(['run', '--budget.day.cost', '1', '--session', 'three', 'go']);
  expect(more.code).toBe(0);
});

test('C-71: what one sender may ask a day is counted over starts; beyond it no model is asked', async ({
  place,
  mock,
}) => {
  mock.reply({ text: 'one' }, { text: 'two' }, { text: 'never' });
  place.connect(mock, {}, { budget: { sender: { calls: 2 } } });
  for (const session of ['one', 'two']) expect((await place.run(['run', '--session', session, 'go'])).code).toBe(0);
  const { code, stderr } = await place.run(['run', '--session', 'three', 'go']);
  expect(code).toBe(1);
  expect(stderr).toContain('budget.sender.calls');
  expect(mock.requests).toHaveLength(2);
  await expectVerified(place, 'three');
});

/** Where a call with its reservation can be cut, and whether it is then known what it used. */
const POINTS = [
  ['after-append-model.requested', 0],
  ['before-usage.reserved', 0],
  ['after-usage.reserved', 'in full'],
  ['before-append-budget.reserved', 'in full'],
  ['after-append-budget.reserved', 'in full'],
  ['before-effect:3', 'in full'],
  ['after-effect:3', 'in full'],
  ['after-append-model.replied', 'known'],
  ['before-sync-turn.ended', 'known'],
  ['after-sync-turn.ended', 'known'],
  ['before-usage.settled', 'known'],
  ['after-usage.settled', 'known'],
] as const;

describe.concurrent('killed at a point of a call, its use is counted once', () => {
  test.for(POINTS)('%s', async ([point, counts], { place, mock, expect }) => {
    const usage = { input: 1000, output: 100 };
    mock.reply({ text: 'one', usage }, { text: 'two', usage }, { text: 'three', usage });
    place.connect(mock, PRICE);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point };
    expect((await place.run(['run', '--session', 'one', 'go'], { environment })).signal).toBe('SIGKILL');
    expect((await place.run(['run', '--session', 'one'])).code).toBe(0);
    expect((await place.run(['run', '--session', 'two', 'go'])).code).toBe(0);
    await expectVerified(place, 'one');
    const lines = place.journal('one');
    const [first] = entriesOf(lines, 'model.requested');
    const calls = entriesOf(lines, 'model.replied').length + 1; // and that of the other session
    const cut = counts === 'in full' ? first!.reserve.cost_micro_usd : 0;
    expect(daySpent(place)).toEqual({ used: calls * 2000 + cut, held: 0 });
  });
});

test.for(['', '{"v":1,"seq":'])(
  'a power cut took the ledger and left the journal, which ends with %j: the call is counted',
  async (torn, { place, mock }) => {
    const usage = { input: 1000, output: 100 };
    mock.reply({ text: 'one', usage }, { text: 'two', usage });
    place.connect(mock, PRICE);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-sync-turn.ended' };
    expect((await place.run(['run', '--session', 'one', 'go'], { environment })).signal).toBe('SIGKILL');
    rmSync(join(place.home, 'workspaces/default/usage'), { recursive: true });
    appendFileSync(place.journalFile('one'), torn);
    await place.run(['run', '--session', 'one']);
    expect((await place.run(['run', '--session', 'two', 'go'])).code).toBe(0);
    expect(daySpent(place)).toEqual({ used: 2 * 2000, held: 0 });
    await expectVerified(place, 'one');
  },
);

describe.skipIf(!hasStrace)('a journal that cannot be read for a while: its call is counted as it says', () => {
  test.for([1, 2, 3])('at opening %i of it', async (opening, { place, mock }) => {
    const usage = { input: 1000, output: 100 };
    mock.reply({ text: 'one', usage }, { text: 'two', usage });
    place.connect(mock, PRICE);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-usage.settled' };
    expect((await place.run(['run', '--session', 'one', 'go'], { environment })).signal).toBe('SIGKILL');
    const inject = `-P ${place.journalFile('one')} -e trace=openat -e inject=openat:error=EIO:when=${opening}`;
    await place.run(['run', '--session', 'one'], { shell: `exec strace -f -qq -o calls ${inject} "$@"` });
    expect(place.read('calls')).toContain('INJECTED');
    expect((await place.run(['run', '--session', 'two', 'go'])).code).toBe(0);
    expect(daySpent(place)).toEqual({ used: 2 * 2000, held: 0 });
  });
});

describe('32 sessions at the same time', () => {
  /** More, less and none of what a call used. */
  const REPORTS = [
    { input: 10, output: 5 },
    { input: 60_000, output: 3000 },
    { input: 0, output: 0 },
    { input: 40_000, output: 1000, cached: 900_000 },
  ];

  test('never pass a day together by more than what was misreported', async ({ place, mock }) => {
    const limit = 1_000_000;
    mock.reply(...Array.from({ length: 200 }, (_, n) => ({ text: `${n}`, usage: REPORTS[n % REPORTS.length]! })));
    place.connect(mock, PRICE, {
      budget: { day: { cost: limit / 1_000_000 } },
      worker: { interactive_concurrency: 32 },
    });
    const daemon = await startDaemon(place);
    const sent = await Promise.all(
      Array.from({ length: 96 }, (_, n) => daemon.send({ content: `go ${n}`, session_id: `s-${n % 32}` })),
    );
    const reasons = sent.map(({ status }) => status.reason);
    expect(reasons).toContain('success');
    expect(reasons).toContain('budget_exceeded');
    daemon.child.kill('SIGTERM');
    await daemon.ended;

    expectNeverPassed(usageRecords(place), limit);
    for (const n of [0, 31]) await expectVerified(place, `s-${n}`);
  });

  test('nor do the steps of eight goals, four of each at once, pass what their goal may use', async ({
    place,
    mock,
  }) => {
    const limit = 400_000;
    const steps = ['a', 'b', 'c', 'd'].map((id) => ({ id, task: `do ${id}`, depends_on: [] }));
    const plan = JSON.stringify({ steps });
    let asked = 0;
    const answer = ({ body }: MockRequest): MockReply => {
      if (JSON.stringify(body).includes('You plan the work of agents')) return { text: plan };
      return { text: 'so far', usage: REPORTS[asked++ % REPORTS.length]! };
    };
    mock.reply(...Array.from({ length: 400 }, () => answer));
    place.connect(
      mock,
      { ...PRICE, max_output: 1000 },
      {
        budget: { goal: { cost: limit / 1_000_000 }, turn: { cost: 0 }, day: { cost: 3 } },
        orchestrator: { subtask_retry_max: 1 },
      },
    );
    const daemon = await startDaemon(place);
    const goals = Array.from({ length: 8 }, (_, n) => `g-${n}`);
    const sent = await Promise.all(goals.map((id) => daemon.send({ content: 'go', session_id: id, goal: true })));
    for (const { status } of sent) expect(['success', 'budget_exceeded']).toContain(status.reason);
    daemon.child.kill('SIGTERM');
    await daemon.ended;

    const records = usageRecords(place);
    expectNeverPassed(records, 3_000_000);
    for (const id of goals) {
      const scope = `goal:${id}.1`;
      const own = records.filter(({ type, data }) => type === 'usage.reserved' && data.budgets.includes(scope));
      const keys = new Set(own.map(({ data }) => keyOf(data as UsageReservation)));
      expect(new Set(own.map(({ data }) => (data as UsageReservation).session)).size).toBeGreaterThan(1);
      expectNeverPassed(
        records.filter(({ data }) => 'for' in data && keys.has(keyOf(data))),
        limit,
      );
      await expectVerified(place, id);
    }
    const children = new Set(records.flatMap(({ data }) => ('session' in data ? [data.session] : [])));
    expect(children.size).toBe(8 + 32);
  });
});

const keyOf = (call: UsageKey): string => `${call.session} ${call.for} ${call.intent.seq}`;

/** Whatever was misreported, nothing is lent beyond a limit. */
function expectNeverPassed(records: readonly UsageRecord[], limit: number): void {
  let used = 0;
  let overrun = 0;
  const open = new Map<string, number>();
  for (const record of records) {
    if (record.type !== 'usage.reserved' && record.type !== 'usage.settled') continue;
    const key = keyOf(record.data);
    const cost = record.data.cost_micro_usd;
    if (record.type === 'usage.reserved') {
      open.set(key, cost);
      const held = [...open.values()].reduce((sum, one) => sum + one, 0);
      expect(used + held).toBeLessThanOrEqual(limit);
    } else {
      overrun += Math.max(0, cost - open.get(key)!);
      open.delete(key);
      used += cost;
    }
  }
  expect(open.size).toBe(0);
  expect(used).toBeLessThanOrEqual(limit + overrun);
}

describe('a budget of which 80 % are used', () => {
  const half = { budget: { day: { cost: 1 } } };

  test('is told by `run`, in `session show` and by `why`; below that nothing is said', async ({ place, mock }) => {
    const usage = { input: 409_990, output: 1 };
    mock.reply({ text: 'one', usage }, { text: 'two', usage }, { text: 'three', usage: { input: 10, output: 1 } });
    place.connect(mock, PRICE, half);
    expect((await place.run(['run', '--session', 'one', 'go'])).stderr).not.toContain('budget');
    expect((await place.run(['run', '--session', 'two', 'go'])).stderr).not.toContain('budget');
    const { stderr } = await place.run(['run', '--session', 'three', 'go']);
    expect(stderr).toContain("warning: the day's budget: 0.82 of 1 USD are used (82 %)");
    const [reserved] = entriesOf(place.journal('three'), 'budget.reserved');
    expect(reserved!.scopes[0]).toMatchObject({ scope: 'day_cost', used: 820_000 });
    const text = "the day's budget: 0.82 of 1 USD are used (82 %)";
    expect((await place.run(['session', 'show', 'three'])).stdout).toContain(text);
    expect((await place.run(['why', 'three/m1.1'])).stdout).toContain(text);
  });

  test('is in the daemon’s log, once a turn, and in its figures', async ({ place, mock }) => {
    mock.reply({ text: 'one', usage: { input: 809_990, output: 1 } }, { text: 'two', usage: { input: 1, output: 1 } });
    place.connect(mock, PRICE, half);
    const daemon = await startDaemon(place);
    await daemon.send({ content: 'go' });
    await daemon.send({ content: 'go on' });
    const metrics = await (await daemon.ask('GET', '/metrics')).text();
    expect(metrics).toContain('runtime_budget_used{scope="day_cost"} 0.81');
    expect(metrics).toContain('runtime_budget_limit{scope="day_cost"} 1');
    daemon.child.kill('SIGTERM');
    const { stderr } = await daemon.ended;
    expect(stderr.split('\n').filter((line) => line.includes('budget nearly used up'))).toHaveLength(1);
  });
});
