/**
 * What becomes of the due times of a job, from what is accounted for and from the clock. Pure, and bounded however long
 * nobody was there.
 *
 * Each due time behind `accounted_until` is accounted for once: it fires, or it came while nobody was there and is caught
 * up with or missed. A clock that was set back makes none due again.
 */
import type { Times } from './times.ts';

export interface PlanRules {
  times: Times;
  catch_up: 'skip' | 'once' | 'all';
  /** With `all`: so many are caught up with. */
  most_caught_up: number;
  /** How much later than it is due a run begins, in ms: the same for a due time whenever it is asked. */
  delayOf: (due_at: number) => number;
}

export interface Moment {
  /** What was due until then has been accounted for. */
  accounted_until: number;
  /** Since then somebody has been there. */
  awake_since: number;
  now: number;
}

/** One due time that was missed, or, with `first_due_at`, all from there to `due_at`. */
export interface Missed {
  due_at: number;
  first_due_at?: number;
  count?: number;
}

export interface Plan {
  /** Oldest first; none is younger than any that fires. */
  missed: Missed[];
  firing: { due_at: number; state: 'fired' | 'caught_up' }[];
  /** When the next run begins, and when it is due. */
  next?: { due_at: number; at: number };
}

/** So many missed ones are told one by one; those before in one. */
const MOST_TOLD = 100;

export function planFirings({ times, catch_up, most_caught_up, delayOf }: PlanRules, moment: Moment): Plan {
  const { accounted_until, awake_since, now } = moment;
  /** A run never begins later than the next one is due: so they begin in order. */
  const beginOf = (due_at: number): number => {
    const following = times.next(due_at) ?? Infinity;
    return due_at + Math.min(delayOf(due_at), following - due_at - 1);
  };

  const late = times.newest(Math.max(MOST_TOLD, most_caught_up) + 1, accounted_until, Math.min(awake_since, now) - 1);
  // Due before, but its run would begin only now, or still later.
  if (late.length > 0 && beginOf(late.at(-1)!) >= awake_since) late.pop();
  const most = { skip: 0, once: 1, all: most_caught_up }[catch_up];
  const caughtUp = most === 0 ? [] : late.slice(-most);
  const told = late.slice(0, late.length - caughtUp.length).slice(-MOST_TOLD);
  const missed: Missed[] = told.map((due_at) => ({ due_at }));
  const [oldest] = [...told, ...caughtUp];
  const before = oldest === undefined ? undefined : lostBefore(times, accounted_until, oldest);
  if (before) missed.unshift(before);

  const firing: Plan['firing'] = caughtUp.map((due_at) => ({ due_at, state: 'caught_up' }));
  let due_at = times.next(Math.max(accounted_until, late.at(-1) ?? 0));
  while (due_at !== undefined && beginOf(due_at) <= now) {
    firing.push({ due_at, state: 'fired' });
    due_at = times.next(due_at);
  }
  return { missed, firing, ...(due_at !== undefined && { next: { due_at, at: beginOf(due_at) } }) };
}

/** All that were due before the oldest that is told. */
function lostBefore(times: Times, accounted_until: number, oldest: number): Missed | undefined {
  const [due_at] = times.newest(1, accounted_until, oldest - 1);
  if (due_at === undefined) return undefined;
  const count = times.count(accounted_until, due_at);
  if (count === 1) return { due_at };
  return { due_at, first_due_at: times.next(accounted_until)!, ...(count !== undefined && { count }) };
}
