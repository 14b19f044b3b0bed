/** What the jobs of a backup take over from the workspace that it replaces. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { ScheduleRecord } from '../../contract/schedule.ts';
import { apply, type Book } from './book.ts';

const REASON = 'it was not in force when a backup was restored';

export interface CarriedJobs {
  records: ScheduleRecord[];
  /** Names of those that are paused by them. */
  paused: string[];
}

/**
 * A job of the backup that isn't in force there, as it is in the backup, fires no more until a person says so; and for none what was
 * accounted for there is due again. `there`: undefined where nobody can read it; empty where there were never any.
 */
export function carriedJobs(
  there: readonly ScheduleRecord[] | undefined,
  here: readonly ScheduleRecord[],
): CarriedJobs {
  const [before, restored] = [bookOf(there ?? []), bookOf(here)];
  const carried: CarriedJobs = { records: [], paused: [] };
  if (there?.length === 0) return carried;
  for (const [name, { job, paused, accounted_until, failures }] of restored) {
    const now = before.get(name);
    const isInForce = now !== undefined && !now.paused && canonicalJson(now.job) === canonicalJson(job);
    const until = Math.max(accounted_until, now?.accounted_until ?? 0);
    if (paused || (isInForce && until === accounted_until)) continue;
    if (!isInForce) carried.paused.push(name);
    const stood = { job: name, accounted_until: until, failures, ...(!isInForce && { paused: { reason: REASON } }) };
    carried.records.push({ type: 'job.stood', data: stood });
  }
  return carried;
}

function bookOf(records: readonly ScheduleRecord[]): Book {
  const book: Book = new Map();
  for (const record of records) apply(book, record);
  return book;
}
