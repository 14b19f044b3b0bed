import { expect, test } from 'vitest';
import { createNearWatch, nearText } from './near.ts';

const reserved = (used: number) => ({
  type: 'budget.reserved',
  data: { for: 'm1.1.1', scopes: [{ scope: 'day_cost', limit: 20_000_000, used, reserved: 1 }] },
});

test('a limit is told once a turn, from 80 % on', () => {
  const watch = createNearWatch();
  expect(watch.take({ turn: 1, ...reserved(15_999_999) })).toEqual([]);
  expect(watch.take({ turn: 1, ...reserved(16_000_000) })).toMatchObject([{ scope: 'day_cost' }]);
  expect(watch.take({ turn: 1, ...reserved(17_000_000) })).toEqual([]);
  expect(watch.take({ turn: 2, ...reserved(17_000_000) })).toHaveLength(1);
  expect(watch.take({ session_id: 'other', turn: 1, ...reserved(17_000_000) })).toHaveLength(1);
  const near = [{ scope: 'turn_tokens', limit: 10, used: 9 }];
  expect(watch.take({ turn: 2, type: 'model.requested', data: { near } })).toEqual(near);
  expect(watch.take({ turn: 2, type: 'model.replied', data: {} })).toEqual([]);
});

test.each([
  [{ scope: 'day_cost', limit: 20_000_000, used: 16_412_345 }, "the day's budget: 16.41 of 20 USD are used (82 %)"],
  [{ scope: 'turn_tokens', limit: 1000, used: 999 }, "the turn's budget: 999 of 1000 tokens are used (99 %)"],
  [{ scope: 'session_calls', limit: 10, used: 8 }, "the session's budget: 8 of 10 calls are used (80 %)"],
  [{ scope: 'tree_wall', limit: 60_000, used: 50_000 }, "the session and its children's budget: 50 of 60 s are used (83 %)"], // prettier-ignore
])('%j', (use, text) => {
  expect(nearText(use)).toBe(text);
});
