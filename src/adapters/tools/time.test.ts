import { expect, test } from 'vitest';
import type { Clock } from '../../base/clock.ts';
import { testHost } from './test-host.ts';

const now = Date.UTC(2025, 10, 20, 23, 30, 15, 250);
const clock: Clock = { now: () => now, at: () => () => undefined };

test.each([
  ['+07:00', '2025-11-21T06:30:15+07:00'],
  ['-03:30', '2025-11-20T20:00:15-03:30'],
  ['+00:00', '2025-11-20T23:30:15+00:00'],
])('H-107 time at %s is the same instant', async (utc_offset, expected) => {
  const t = testHost({ clock });
  const { outcome, output } = await t.call('time', { utc_offset });
  t.remove();
  expect({ outcome, output }).toEqual({ outcome: 'ok', output: expected });
  expect(Date.parse(output)).toBe(Math.floor(now / 1000) * 1000);
});

test('H-107 without an offset it is the local time with its offset', async () => {
  const t = testHost({ clock });
  const { output } = await t.call('time', {});
  t.remove();
  expect(output).toMatch(/[+-]\d\d:\d\d$/);
  expect(Date.parse(output)).toBe(Math.floor(now / 1000) * 1000);
});
