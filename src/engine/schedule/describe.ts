/** Jobs and firings as they are told to those who ask. */
import type { Clock } from '../../base/clock.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Delivery, Firing, ScheduleStatus } from '../../contract/schedule.ts';
import { type Book, deliveryId, type JobState } from './book.ts';
import { createPlanner } from './due.ts';

/** How jobs stand, for those who ask. */
export function createDescribe(clock: Pick<Clock, 'now'>): (state: JobState) => ScheduleStatus {
  const planOf = createPlanner(0);
  return (state) => {
    const { job, added_at, paused, failures, firings } = state;
    const now = clock.now();
    const { next } = paused ? {} : planOf(state, { awake_since: now, now });
    const last = [...firings.values()].reduce<Firing | undefined>(
      (latest, one) => (latest && latest.due_at > one.due_at ? latest : one),
      undefined,
    );
    return {
      ...job,
      added_at,
      status: paused ? 'paused' : next ? 'active' : 'done',
      ...(paused?.reason !== undefined && { paused_reason: paused.reason }),
      next_due_at: next?.due_at ?? null,
      failures,
      ...(last && { last: told(last) }),
    };
  };
}

/** A firing as it is told: whether all has followed from it is the record's own matter. */
export function told(firing: Firing & { settled?: boolean }): Firing {
  const { settled: _, ...row } = firing;
  return row;
}

export function jobIn(book: Book, name: string): JobState {
  const state = book.get(name);
  if (state) return state;
  throw new RuntimeError('not_found', `There is no job ${name}.`, { next: 'See the jobs with `runtime cron ls`.' });
}

/** Newest last. */
export function historyOf({ firings }: JobState): Firing[] {
  return [...firings.values()].sort((a, b) => a.due_at - b.due_at).map(told);
}

/** In the order in which the runs ended. */
export function deliveriesOf(book: Book): Delivery[] {
  return [...book.values()].flatMap(deliveriesOfJob).sort((a, b) => a.ended_at - b.ended_at);
}

function deliveriesOfJob({ job, firings }: JobState): Delivery[] {
  const { name, deliver } = job;
  if (deliver === undefined) return [];
  return [...firings.values()].flatMap((firing): Delivery[] => {
    const { due_at, event_id, session_id, ended_at, quiet, delivery } = firing;
    if (ended_at === undefined || quiet) return [];
    return [
      {
        id: deliveryId(name, due_at),
        job: name,
        due_at,
        ...(event_id !== undefined && { event_id }),
        ...(session_id !== undefined && { session_id }),
        destination: deliver,
        ended_at,
        ...(delivery ?? { state: 'pending', attempts: 0 }),
      },
    ];
  });
}
