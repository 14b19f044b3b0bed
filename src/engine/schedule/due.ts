/** When a job is due and begins, and the record of that. */
import { sha256 } from '../../base/digest.ts';
import type { Ids } from '../../base/ids.ts';
import type { Firing, Job, ScheduleRecord } from '../../contract/schedule.ts';
import type { JobState } from './book.ts';
import { type Times, timesOf } from './times.ts';

/** The record that a job is to fire. */
export function intentOf(
  { name, command, session }: Job,
  firing: Pick<Firing, 'due_at' | 'at' | 'manual' | 'looked'> & { state: 'fired' | 'caught_up' },
  ids: Ids,
): ScheduleRecord {
  const chosen = session === 'own' ? `cron-${name}` : session === 'fresh' ? `s-${ids.ulid()}` : session;
  const data = { job: name, ...firing, event_id: `e-${ids.ulid()}` };
  return { type: 'firing.intended', data: command === undefined ? { ...data, session_id: chosen } : data };
}

/** The due times of jobs, made once. */
export function createTimesOf(): (state: JobState) => Times {
  const made = new WeakMap<Job, Times>();
  return ({ job, added_at }) => {
    const known = made.get(job) ?? timesOf(job, added_at);
    made.set(job, known);
    return known;
  };
}

/** Drawn from job and due time, so that it is the same after a restart. */
export function delayOf({ name, jitter_ms }: Job): (due_at: number) => number {
  if (jitter_ms === 0) return () => 0;
  return (due_at) => parseInt(sha256(`${name}:${due_at}`).slice(0, 8), 16) % (jitter_ms + 1);
}
