/** When a job is due and begins, and the record of that. */
import { sha256 } from '../../base/digest.ts';
import type { Ids } from '../../base/ids.ts';
import type { Firing, Job, ScheduleRecord } from '../../contract/schedule.ts';
import { OF_JOBS } from '../../contract/session-id.ts';
import type { JobState } from './book.ts';
import { type Moment, type Plan, planFirings } from './plan.ts';
import { type Times, timesOf } from './times.ts';

/** The record that a job is to fire. */
export function intentOf(
  { name, command, session }: Job,
  firing: Pick<Firing, 'due_at' | 'at' | 'manual' | 'looked'> & { state: 'fired' | 'caught_up' },
  ids: Ids,
): ScheduleRecord {
  const chosen = session === 'own' ? OF_JOBS + name : session === 'fresh' ? `s-${ids.ulid()}` : session;
  const data = { job: name, ...firing, event_id: `e-${ids.ulid()}` };
  return { type: 'firing.intended', data: command === undefined ? { ...data, session_id: chosen } : data };
}

/**
 * Plans jobs. Until the next run of one begins, its fields aren't read again: thousands of jobs would hold up everything
 * whenever one of them is looked at.
 */
export function createPlanner(
  mostCaughtUp: number,
): (state: JobState, moment: Pick<Moment, 'awake_since' | 'now'>) => Plan {
  const made = new WeakMap<Job, Times>();
  const ahead = new WeakMap<Job, Pick<Plan, 'next'> & { accounted_until: number }>();
  return ({ job, added_at, accounted_until }, moment) => {
    const known = ahead.get(job);
    if (known?.accounted_until === accounted_until && moment.now < (known.next?.at ?? Infinity)) {
      return { missed: [], firing: [], ...(known.next && { next: known.next }) };
    }
    const times = made.get(job) ?? timesOf(job, added_at);
    made.set(job, times);
    const rules = { times, catch_up: job.catch_up, most_caught_up: mostCaughtUp, delayOf: delayOf(job) };
    const plan = planFirings(rules, { accounted_until, ...moment });
    const { missed, firing, next } = plan;
    if (missed.length === 0 && firing.length === 0) ahead.set(job, { accounted_until, ...(next && { next }) });
    return plan;
  };
}

/** Drawn from job and due time, so that it is the same after a restart. */
function delayOf({ name, jitter_ms }: Job): (due_at: number) => number {
  if (jitter_ms === 0) return () => 0;
  return (due_at) => parseInt(sha256(`${name}:${due_at}`).slice(0, 8), 16) % (jitter_ms + 1);
}
