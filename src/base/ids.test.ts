import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { systemIds } from './ids.ts';

test('a ULID has 26 characters of its alphabet, and begins with its time (the example of the specification)', () => {
  const { ulid } = systemIds({ ...systemClock, now: () => 1_469_918_176_385 });
  expect(ulid()).toMatch(/^01aryz6s41[0-9a-hjkmnp-tv-z]{16}$/);
});

test('ids of later times sort behind, and no two are the same', () => {
  let now = 1;
  const ids = systemIds({ ...systemClock, now: () => now++ });
  const made = Array.from({ length: 1000 }, () => ids.ulid());
  expect([...made].sort()).toEqual(made);
  expect(new Set(Array.from({ length: 1000 }, () => systemIds(systemClock).ulid())).size).toBe(1000);
});
