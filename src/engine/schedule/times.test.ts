import { describe, expect, test } from 'vitest';
import { timesOf } from './times.ts';

const ms = (text: string): number => Date.parse(text);

/** The next due times behind a moment, in UTC. */
function due(schedule: string, tz: string, from: string, count: number): string[] {
  const times = timesOf({ schedule, tz }, ms(from));
  const found: string[] = [];
  for (let at = ms(from); found.length < count;) {
    at = times.next(at)!;
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

describe('where the clocks are changed', () => {
  test('H-147: a time that there is not is due when the hour that is left out has passed: Berlin', () => {
    // On 29 March 2026 it is 03:00 after 01:59.
    expect(due('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00Z', 3)).toEqual([
      '2026-03-28T01:30',
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ]);
  });

  test('H-147, A-99: a time that there is twice is due the first time: Berlin', () => {
    expect(due('30 2 * * *', 'Europe/Berlin', '2026-10-24T00:00Z', 3)).toEqual([
      '2026-10-24T00:30',
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  test('a time that there is not, and one that there is twice: New York', () => {
    expect(due('30 2 * * *', 'America/New_York', '2026-03-07T00:00Z', 3)).toEqual([
      '2026-03-07T07:30',
      '2026-03-08T07:00',
      '2026-03-09T06:30',
    ]);
    expect(due('30 1 * * *', 'America/New_York', '2026-10-31T00:00Z', 3)).toEqual([
      '2026-10-31T05:30',
      '2026-11-01T05:30',
      '2026-11-02T06:30',
    ]);
  });

  test('what is due each half hour stays so through both', () => {
    const halfHours = (from: string, count: number) => due('*/30 * * * *', 'Europe/Berlin', from, count);
    expect(halfHours('2026-03-29T00:20Z', 3)).toEqual(['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30']);
    expect(halfHours('2026-10-25T00:20Z', 4)).toEqual([
      '2026-10-25T00:30',
      '2026-10-25T01:00',
      '2026-10-25T01:30',
      '2026-10-25T02:00',
    ]);
  });
});

test.each([
  ['*/5 * * * *', 'Europe/Berlin', '2026-03-28T23:00Z', '2026-03-29T05:00Z'],
  ['*/5 * * * *', 'America/New_York', '2026-11-01T04:00Z', '2026-11-01T08:00Z'],
  ['15,45 * * * *', 'Australia/Lord_Howe', '2026-04-04T12:00Z', '2026-04-04T18:00Z'],
  ['@every 7m', 'UTC', '2026-04-04T12:00Z', '2026-04-04T18:00Z'],
])('looking back finds the times that looking ahead does: %s in %s', (schedule, tz, from, until) => {
  const times = timesOf({ schedule, tz }, ms(from));
  const ahead: number[] = [];
  for (let at = times.next(ms(from))!; at <= ms(until); at = times.next(at)!) ahead.push(at);
  expect(times.newest(1000, ms(from), ms(until))).toEqual(ahead);
  expect(times.newest(3, ms(from), ms(until))).toEqual(ahead.slice(-3));
  expect(times.count(ms(from), ms(until))).toBe(ahead.length);
});

test.each([
  ['@hourly', '2026-01-01T01:00Z'],
  ['@daily', '2026-01-02T00:00Z'],
  ['@weekly', '2026-01-04T00:00Z'],
  ['@monthly', '2026-02-01T00:00Z'],
  ['@yearly', '2027-01-01T00:00Z'],
  ['30 7 * * MON-FRI', '2026-01-01T07:30Z'],
  ['0 0 * * 7', '2026-01-04T00:00Z'],
  ['5/15 * * * *', '2026-01-01T00:05Z'],
])('A-99: %s is what cron takes it for', (schedule, first) => {
  expect(timesOf({ schedule }, ms('2026-01-01T00:00Z')).next(ms('2026-01-01T00:00Z'))).toBe(ms(first));
});

test('one time is due once', () => {
  const at = ms('2026-05-01T10:00:00+02:00');
  const times = timesOf({ at: '2026-05-01T10:00:00+02:00' }, at - 1000);
  expect(times.next(at - 1)).toBe(at);
  expect(times.next(at)).toBeUndefined();
  expect(times.newest(5, at - 1, at)).toEqual([at]);
});

test.each([
  [{ schedule: '* * * *' }, /no schedule/],
  [{ schedule: '61 * * * *' }, /minute/],
  [{ schedule: '* * * * * *' }, /no schedule/],
  [{ schedule: '@fortnightly' }, /no schedule/],
  [{ schedule: '@every 0s' }, /no schedule/],
  [{ schedule: '@every often' }, /no schedule/],
  [{ schedule: '* * * * *', tz: 'Mars/Olympus' }, /time zone/],
  [{ at: 'tomorrow' }, /no time/],
  [{ at: '2026-05-01T10:00:00' }, /no time/],
  [{ at: '2020-05-01T10:00:00Z' }, /past/],
  [{ at: '2027-02-29T10:00:00Z' }, /no time/],
  [{ schedule: '* * * * *', at: '2036-05-01T10:00:00Z' }, /either/],
  [{}, /either/],
])('what is no schedule is refused with what is right: %j', (given, why) => {
  const attempt = () => timesOf(given, ms('2026-01-01T00:00Z'));
  expect(attempt).toThrow(why);
  expect(attempt).toThrow(expect.objectContaining({ code: 'schedule_invalid', next: expect.stringMatching(/\w/) }));
});
