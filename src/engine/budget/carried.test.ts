import { expect, test } from 'vitest';
import type { UsageRecord, UsageReservation, UsageTotal } from '../../contract/records.ts';
import { carriedUsage } from './carried.ts';

const DAY = 'day:2026-11-21';
const called = (budget: string): UsageRecord => ({
  type: 'usage.called',
  data: { session: 's', call_id: 'c', budget },
});
const totals = (of: Record<string, Partial<UsageTotal>>): UsageRecord => {
  const whole = (total: Partial<UsageTotal>): UsageTotal => ({ calls: 0, tokens: 0, cost_micro_usd: 0, wall_ms: 0, models: {}, ...total }); // prettier-ignore
  const all = Object.entries(of).map(([budget, total]) => [budget, whole(total)]);
  return { type: 'usage.totals', data: { totals: Object.fromEntries(all) as Record<string, UsageTotal>, open: [] } };
};
const reservation: UsageReservation = {
  session: 's', for: 'm1.1 1', intent: { seq: 5, hash: 'h' }, model: 'm', budgets: [DAY, 'tree:s'], tokens: 10, cost_micro_usd: 7, wall_ms: 0,
}; // prettier-ignore
const reserved: UsageRecord = { type: 'usage.reserved', data: reservation };

test('of each budget and amount the higher one counts', () => {
  const there = totals({ [DAY]: { tokens: 5, cost_micro_usd: 1 }, 'tool:2026-11-21:t': { calls: 2 } });
  const here = totals({ [DAY]: { tokens: 3, cost_micro_usd: 9 }, 'month:2026-11': { tokens: 8 } });
  expect(carriedUsage([there, called('tool:2026-11-21:t')], [here])).toEqual(
    totals({
      [DAY]: { tokens: 5, cost_micro_usd: 9 },
      'month:2026-11': { tokens: 8 },
      'tool:2026-11-21:t': { calls: 3 },
    }),
  );
});

test('what is not settled there counts in full; what is open here stays open', () => {
  const carried = carriedUsage([reserved], [{ type: 'usage.reserved', data: { ...reservation, for: 'm2.1 1' } }]);
  expect(carried).toMatchObject({
    data: { totals: { [DAY]: { calls: 1, tokens: 10, cost_micro_usd: 7 } }, open: [{ for: 'm2.1 1' }] },
  });
});

test('trees of sessions are as the backup has them', () => {
  const carried = carriedUsage([reserved, called(DAY)], [totals({ 'tree:s': { tokens: 1 } })]);
  expect(carried).toMatchObject({ data: { totals: { 'tree:s': { tokens: 1 } } } });
  expect(carriedUsage([totals({ 'tree:s': { tokens: 2 } })], [])).toBeUndefined();
});

test('nothing is to be written where nothing is higher', () => {
  expect(carriedUsage([], [called(DAY)])).toBeUndefined();
  expect(carriedUsage([called(DAY)], [called(DAY), called(DAY)])).toBeUndefined();
});
