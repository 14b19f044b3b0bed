import { describe, expect, test } from 'vitest';
import { areHours, matchesHours } from './local-time.ts';

describe('hours', () => {
  const at = (day: number, hour: number, minute = 0): number => (day * 24 + hour) * 60 + minute;
  test.each([
    ['08:00-18:00', at(0, 8), true],
    ['08:00-18:00', at(3, 17, 59), true],
    ['08:00-18:00', at(3, 18), false],
    ['mon-fri 08:00-18:00', at(1, 9), true],
    ['mon-fri 08:00-18:00', at(0, 9), false],
    ['sat,sun 00:00-24:00', at(6, 23, 59), true],
    ['fri-mon 10:00-11:00', at(0, 10), true],
    ['fri-mon 10:00-11:00', at(2, 10), false],
    ['22:00-06:00', at(2, 23), true],
    ['22:00-06:00', at(2, 5), true],
    ['22:00-06:00', at(2, 12), false],
    ['fri 22:00-06:00', at(6, 5), true],
    ['fri 22:00-06:00', at(5, 5), false],
    ['sat 22:00-06:00', at(0, 1), true],
    ['00:00-00:00', at(4, 12), true],
  ])('%s and minute %d: %s', (hours, local, expected) => {
    expect(matchesHours(hours, local)).toBe(expected);
  });

  test('that there are', () => {
    expect(['mon-fri 08:00-18:00', '22:00-06:00', 'mon,wed-fri 00:00-24:00'].every(areHours)).toBe(true);
    expect(['mon-xyz 08:00-18:00', '25:00-26:00', '08:61-09:00'].some(areHours)).toBe(false);
  });
});
