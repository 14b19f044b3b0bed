import { expect, test, vi } from 'vitest';
import { manualClock } from '../../base/testing/manual-clock.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { keepStarting } from './keep-starting.ts';

const full = new RuntimeError('disk_full', 'No space is left.');
const told = () => ({ onStarted: vi.fn(), onFailed: vi.fn() });

test('what can’t be started is told, and tried again until it is', async () => {
  const clock = manualClock();
  const start = vi.fn(() => (start.mock.calls.length < 3 ? Promise.reject(full) : Promise.resolve()));
  const { onStarted, onFailed } = told();
  keepStarting(clock, start, { onStarted, onFailed });
  await vi.waitFor(() => {
    clock.pass(10_000);
    expect(onStarted).toHaveBeenCalledTimes(1);
  });
  expect(onFailed.mock.calls).toEqual([[full], [full]]);
  clock.pass(1_000_000);
  expect(start).toHaveBeenCalledTimes(3);
});

test('who ends trying is told nothing more', async () => {
  const clock = manualClock();
  const start = vi.fn(() => Promise.reject(full));
  const { onStarted, onFailed } = told();
  const stop = keepStarting(clock, start, { onStarted, onFailed });
  await vi.waitFor(() => expect(onFailed).toHaveBeenCalledTimes(1));
  stop();
  clock.pass(1_000_000);
  expect(start).toHaveBeenCalledTimes(1);
});
