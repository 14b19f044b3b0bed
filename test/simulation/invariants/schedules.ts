import { parseDuration } from '../../../src/base/duration.ts';
import type { ScheduleRecord } from '../../../src/contract/schedule.ts';
import type { Evidence, Invariant } from '../world/parts.ts';
import { endedUnseen, entriesOf, ownEntries } from './journal-facts.ts';

/** A job as far as its records have been read. */
interface Job {
  added_at: number;
  step: number;
  accounted_until: number;
  /** Event ids by due time; undefined: it did not fire. */
  firings: Map<number, string | undefined>;
}

export const firesOnce: Invariant = {
  letter: 'i',
  says: 'each due time of a job is accounted for, fires at most once, and not before that is durable',
  watch(world, broken) {
    function read(records: readonly ScheduleRecord[]): Map<string, Job> {
      const jobs = new Map<string, Job>();
      for (const record of records) {
        if (record.type === 'job.added') {
          const { job, added_at } = record.data;
          const step = parseDuration(job.schedule!.slice('@every '.length))!;
          jobs.set(job.name, { added_at, step, accounted_until: added_at, firings: new Map() });
        } else if (record.type === 'job.changed' && !record.data.paused) {
          const job = jobs.get(record.data.job)!;
          job.accounted_until = Math.max(job.accounted_until, record.data.changed_at);
        } else if (record.type === 'firing.intended' || record.type === 'firing.settled') {
          take(jobs.get(record.data.job)!, record);
        }
      }
      return jobs;
    }

    function take(job: Job, { type, data }: Extract<ScheduleRecord, { type: 'firing.intended' | 'firing.settled' }>) {
      const { due_at, event_id } = data;
      const isKnown = job.firings.has(due_at);
      if (isKnown && (type === 'firing.intended' || job.firings.get(due_at) !== event_id)) {
        broken(`${data.job} fires a second time for ${due_at}`);
      }
      job.firings.set(due_at, event_id);
      if (isKnown || ('manual' in data && data.manual)) return;
      const first = 'first_due_at' in data && data.first_due_at !== undefined ? data.first_due_at : due_at;
      const { added_at, step, accounted_until } = job;
      const expected = added_at + (Math.floor((accounted_until - added_at) / step) + 1) * step;
      if (first !== expected) broken(`of ${data.job} ${first} follows where ${expected} should`);
      job.accounted_until = due_at;
    }

    function accepted({ sessions, pending }: Evidence): Map<string, string> {
      const ids = new Map<string, string>();
      for (const [session, entries] of sessions) {
        for (const { data } of entriesOf(ownEntries(entries), 'input.received')) {
          if (data.source === 'cron' && data.mode !== 'stop') ids.set(data.event_id, session);
        }
      }
      for (const { event_id, session_id, source } of pending) if (source === 'cron') ids.set(event_id, session_id);
      return ids;
    }

    return {
      evidence(evidence) {
        const jobs = read(evidence.schedules);
        const intended = new Set([...jobs.values()].flatMap(({ firings }) => [...firings.values()]));
        const came = accepted(evidence);
        for (const [id, session] of came) {
          world.machine.count('fired');
          if (!intended.has(id)) broken(`${id} came into ${session}, and no job is known to have fired it`);
        }
        if (evidence.after !== 'end') return;
        for (const { type, data } of evidence.schedules) {
          if (type !== 'firing.settled' || data.event_id === undefined || data.state === 'skipped') continue;
          const session = `cron-${data.job}`;
          if (world.ledger.life(session) > 1 || came.has(data.event_id)) continue;
          if (endedUnseen(world, evidence.sessions.get(session), data.event_id)) continue;
          broken(`${data.job} has fired ${data.event_id}, which never came into ${session}`);
        }
      },
    };
  },
};
