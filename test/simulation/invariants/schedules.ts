import type { ScheduleRecord } from '../../../src/contract/schedule.ts';
import type { Evidence, Invariant } from '../world/parts.ts';
import { type JobFacts, jobsIn, nextDue, scheduleRecords } from './job-facts.ts';
import { endedUnseen, entriesOf, ownEntries } from './journal-facts.ts';
import { quietSince } from './quiet.ts';

/** Who lives in peace for so long has looked at every due time that came before. */
const LOOKED_MS = 130_000;

export const firesOnce: Invariant = {
  letter: 'i',
  says: 'each due time of a job is accounted for, as it is to be; fires at most once, and not before that is durable',
  watch(world, broken) {
    /** Event ids by job and due time. */
    const fired = new Map<string, string>();
    /** Commands that began, by job and due time. */
    const commands = new Set<string>();
    const peace = quietSince(world);
    let seen: { records: string; jobs: Map<string, JobFacts> } | undefined;

    function fire(key: string, event_id: string): void {
      if (fired.has(key) && fired.get(key) !== event_id) broken(`${key} fires a second time`);
      if (!fired.has(key)) world.machine.count('fired');
      fired.set(key, event_id);
    }

    const keyOf = ({ job, added_at }: JobFacts, due_at: number): string => `${job.name} of ${added_at} for ${due_at}`;

    function look(): void {
      const records = scheduleRecords(world, 'seen');
      const text = `${records.length} ${JSON.stringify(records.at(-1))}`;
      if (seen?.records !== text) seen = { records: text, jobs: jobsIn(records) };
      const now = world.machine.wall();
      for (const facts of seen.jobs.values()) {
        const due_at = facts.paused ? undefined : nextDue(facts);
        if (due_at === undefined || due_at + facts.job.jitter_ms + LOOKED_MS > now) continue;
        if (!facts.firings.has(due_at)) broken(`${facts.job.name} was due at ${due_at}, and nothing became of it`);
      }
    }

    function checkEnd(jobs: Map<string, JobFacts>, { sessions, pending }: Evidence): void {
      const came = new Set(pending.map(({ event_id }) => event_id));
      for (const entries of sessions.values()) {
        for (const { data } of entriesOf(ownEntries(entries), 'input.received')) came.add(data.event_id);
      }
      for (const { job, firings } of jobs.values()) {
        const session = `cron-${job.name}`;
        if (job.command !== undefined || world.ledger.life(session) > 1) continue;
        for (const { event_id, refused, ended } of firings.values()) {
          if (event_id === undefined || refused || ended || came.has(event_id)) continue;
          if (endedUnseen(world, sessions.get(session), event_id)) continue;
          broken(`${job.name} has fired ${event_id}, which never came into ${session}`);
        }
      }
    }

    return {
      fires({ event_id }) {
        for (const facts of lives(scheduleRecords(world, 'durable'))) {
          for (const [due_at, firing] of facts.firings) {
            if (firing.event_id === event_id) return fire(keyOf(facts, due_at), event_id);
          }
        }
        broken(`${event_id} is about to be accepted, and no job is known for certain to have fired it`);
      },
      command({ job }) {
        const facts = jobsIn(scheduleRecords(world, 'durable')).get(job);
        // A job that was removed meanwhile lets its last command come to its end.
        if (facts === undefined) return;
        const open = [...facts.firings].filter(([, { event_id, ended }]) => event_id !== undefined && !ended);
        const [due_at] = open.find(([due, { settled }]) => settled && !commands.has(keyOf(facts, due))) ?? [];
        if (due_at === undefined)
          return broken(`a command of ${job} begins, and that is not durable, or not the first`);
        commands.add(keyOf(facts, due_at));
      },
      step() {
        if (peace() > LOOKED_MS) look();
      },
      evidence(evidence) {
        const jobs = jobsIn(evidence.schedules, broken);
        if (evidence.after === 'end') checkEnd(jobs, evidence);
      },
    };
  },
};

/** Every job that the records know, also those that were removed since. */
function lives(records: readonly ScheduleRecord[]): JobFacts[] {
  const ends = records.flatMap(({ type }, index) => (type === 'job.removed' ? [index] : []));
  return [...ends, records.length].flatMap((end) => [...jobsIn(records.slice(0, end)).values()]);
}
