/** Each due time is accounted for once, whatever the clock does and whenever the program is there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Moment, type PlanRules, planFirings } from './plan.ts';
import { timesOf } from './times.ts';

const START = Date.parse('2026-03-01T00:00:00Z');
const YEAR_MS = 365 * 86_400_000;

function rules(schedule: string, more: Partial<PlanRules> = {}): PlanRules {
  const times = timesOf({ schedule, tz: 'Europe/Berlin' }, START);
  return { times, catch_up: 'skip', most_caught_up: 10, delayOf: () => 0, ...more };
}

/** Nobody was there from the start until now. */
const after = (ms: number): Moment => ({ accounted_until: START, awake_since: START + ms, now: START + ms });

describe('what came while nobody was there', () => {
  test('is missed with skip', () => {
    const { missed, firing, next } = planFirings(rules('@every 10s'), after(35_000));
    expect(missed.map(({ due_at }) => due_at - START)).toEqual([10_000, 20_000, 30_000]);
    expect(firing).toEqual([]);
    expect(next).toEqual({ due_at: START + 40_000, at: START + 40_000 });
  });

  test('is caught up with by its last one with once', () => {
    const { missed, firing } = planFirings(rules('@every 10s', { catch_up: 'once' }), after(35_000));
    expect(missed.map(({ due_at }) => due_at - START)).toEqual([10_000, 20_000]);
    expect(firing).toEqual([{ due_at: START + 30_000, state: 'caught_up' }]);
  });

  test('is caught up with by its last ones with all', () => {
    const plan = planFirings(rules('@every 10s', { catch_up: 'all', most_caught_up: 2 }), after(45_000));
    expect(plan.missed.map(({ due_at }) => due_at - START)).toEqual([10_000, 20_000]);
    expect(plan.firing.map(({ due_at }) => due_at - START)).toEqual([30_000, 40_000]);
  });

  test('of a year of seconds the last are told, those before in one', () => {
    const { missed, firing } = planFirings(rules('@every 1s', { catch_up: 'all' }), after(YEAR_MS + 500));
    const [all, ...last] = missed;
    expect(firing).toHaveLength(10);
    expect(firing.at(-1)!.due_at).toBe(START + YEAR_MS);
    expect(all).toEqual({ first_due_at: START + 1000, due_at: last[0]!.due_at - 1000, count: expect.any(Number) });
    expect(all!.count! + last.length + firing.length).toBe(YEAR_MS / 1000);
  });

  test('of a year of minutes by the fields, too', () => {
    const { missed, firing } = planFirings(rules('* * * * *', { catch_up: 'once' }), after(YEAR_MS + 500));
    expect(missed.length).toBeLessThan(200);
    expect(missed[0]).toEqual({ first_due_at: START + 60_000, due_at: missed[1]!.due_at - 60_000 });
    expect(firing).toEqual([{ due_at: START + YEAR_MS, state: 'caught_up' }]);
  });
});

test('what is due exactly now fires, once', () => {
  const plan = planFirings(rules('@every 10s'), { accounted_until: START, awake_since: START, now: START + 10_000 });
  expect(plan.firing).toEqual([{ due_at: START + 10_000, state: 'fired' }]);
  const again = planFirings(rules('@every 10s'), {
    accounted_until: START + 10_000,
    awake_since: START + 10_000,
    now: START + 10_000,
  });
  expect(again).toMatchObject({ missed: [], firing: [] });
});

test('a clock that was set back makes nothing due again', () => {
  const moment = { accounted_until: START + 50_000, awake_since: START + 5000, now: START + 5000 };
  const plan = planFirings(rules('@every 10s'), moment);
  expect(plan).toEqual({ missed: [], firing: [], next: { due_at: START + 60_000, at: START + 60_000 } });
});

test('a run begins later by its jitter, and before the next one is due', () => {
  const late = rules('@every 10s', { delayOf: () => 25_000 });
  const at = (now: number) => planFirings(late, { accounted_until: START, awake_since: START, now: START + now });
  expect(at(10_000)).toMatchObject({ firing: [], next: { due_at: START + 10_000, at: START + 19_999 } });
  expect(at(19_999).firing).toEqual([{ due_at: START + 10_000, state: 'fired' }]);
});

test('through any stops, starts and settings of the clock each due time is accounted for once, and in order', () => {
  const schedules = fc.constantFrom('@every 1s', '@every 7s', '*/5 * * * *', '30 2 * * *', '0 0 1 * *');
  const steps = fc.array(
    fc.record({
      by: fc.oneof(fc.integer({ min: -7_200_000, max: 7_200_000 }), fc.integer({ min: 0, max: 3 * YEAR_MS })),
      stopped: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const catchUp = fc.constantFrom('skip', 'once', 'all');
  const jitter = fc.integer({ min: 0, max: 30_000 });
  fc.assert(
    fc.property(schedules, steps, catchUp, jitter, (schedule, walk, catch_up, jitterMs) => {
      const planned = rules(schedule, { catch_up, delayOf: (due) => (due / 1000) % (jitterMs + 1) });
      let [accounted_until, now, last, latest] = [START, START, START, START];
      for (const { by, stopped } of walk) {
        now = Math.max(START, now + by);
        const awake_since = stopped || now < last || now - last > 120_000 ? now : last;
        const { missed, firing, next } = planFirings(planned, { accounted_until, awake_since, now });
        const accounted = [...missed.flatMap(({ first_due_at, due_at }) => [...(first_due_at === undefined ? [] : [first_due_at]), due_at]), ...firing.map(({ due_at }) => due_at)]; // prettier-ignore
        // Strictly rising, all behind what was accounted for: none twice.
        for (const due_at of accounted) {
          expect(due_at).toBeGreaterThan(accounted_until);
          if (planned.times.next(accounted_until) !== due_at) {
            // Only a row that stands for many may leave some out between its ends.
            expect(missed.some((row) => row.first_due_at !== undefined && row.due_at === due_at)).toBe(true);
          }
          accounted_until = due_at;
        }
        expect(accounted.length).toBeLessThan(400);
        // None that has begun is left.
        latest = Math.max(latest, now);
        if (next) expect(next.at).toBeGreaterThan(now);
        expect(next?.due_at).toBe(planned.times.next(accounted_until));
        last = now;
      }
    }),
    { numRuns: 25 },
  );
});
