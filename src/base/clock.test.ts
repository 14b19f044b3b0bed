import { expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';

test('a timer never fires before its time, and not at all once it is cancelled', async () => {
  const due = systemClock.now() + 20;
  const fired = new Promise<number>((resolve) => systemClock.at(due, () => resolve(systemClock.now())));
  let cancelled = true;
  systemClock.at(due, () => (cancelled = false))();
  expect(await fired).toBeGreaterThanOrEqual(due);
  expect(cancelled).toBe(true);
});

test('a due time in the past fires soon, one in a year does not', async () => {
  let early = false;
  const cancel = systemClock.at(systemClock.now() + 365 * 86_400_000, () => (early = true));
  await new Promise<void>((resolve) => systemClock.at(0, resolve));
  expect(early).toBe(false);
  cancel();
});

test('a clock that is set back lets nobody wait longer', () => {
  vi.useFakeTimers();
  try {
    let fired = false;
    systemClock.at(systemClock.now() + 10_000, () => (fired = true));
    vi.setSystemTime(systemClock.now() - 3_600_000);
    vi.advanceTimersByTime(9999);
    expect(fired).toBe(false);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});
