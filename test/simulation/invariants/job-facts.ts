/** What the records of jobs say, for those who judge; and which of them may not follow from those before. */
import { parseDuration } from '../../../src/base/duration.ts';
import type { Job, ScheduleRecord } from '../../../src/contract/schedule.ts';
import { WORKSPACE } from '../world/journals.ts';
import type { World } from '../world/parts.ts';

interface FiringFacts {
  event_id: string | undefined;
  /** Its message was not accepted: nothing came of it. */
  refused: boolean;
  /** What had to follow from the intent has followed. */
  settled: boolean;
  ended: boolean;
}

/** A job as far as its records have been read. */
export interface JobFacts {
  job: Job;
  added_at: number;
  accounted_until: number;
  paused: boolean;
  /** In a row. */
  failures: number;
  /** By due time. */
  firings: Map<number, FiringFacts>;
  /** What became of the due time before, and when that was decided; absent where none was. */
  before?: { state: string; at: number };
}

type FiringRecord = Extract<ScheduleRecord, { type: 'firing.intended' | 'firing.settled' }>;

/** The records as processes see them, or those that a power cut now would leave for certain. */
export function scheduleRecords({ machine: { disk } }: World, which: 'seen' | 'durable'): ScheduleRecord[] {
  const path = `${WORKSPACE}/schedules.jsonl`;
  const node = which === 'seen' ? disk.findIfThere(path) : disk.findDurable(path);
  if (node?.kind !== 'file') return [];
  const bytes = which === 'seen' ? node.bytes.subarray(0, node.length) : node.durable.bytes;
  return String(bytes).split('\n').slice(0, -1).flatMap(recordOf); // prettier-ignore
}

function recordOf(line: string): ScheduleRecord[] {
  try {
    const { type, data } = JSON.parse(line) as ScheduleRecord;
    return [{ type, data } as ScheduleRecord];
  } catch {
    return [];
  }
}

/** The first due time behind what is accounted for; undefined: it is never due again. */
export function nextDue({ job, added_at, accounted_until }: JobFacts): number | undefined {
  if (job.at !== undefined) {
    const at = Date.parse(job.at);
    return at > accounted_until ? at : undefined;
  }
  const step = parseDuration(job.schedule!.slice('@every '.length))!;
  return added_at + (Math.floor((accounted_until - added_at) / step) + 1) * step;
}

/** Jobs by name. `broken` is told what may not follow from what stands before it. */
export function jobsIn(
  records: readonly ScheduleRecord[],
  broken: (message: string) => void = () => {},
): Map<string, JobFacts> {
  const jobs = new Map<string, JobFacts>();
  // In a file that was written anew, what comes before is only some of what there was.
  const stood = new Map(records.flatMap(({ type, data }, index) => (type === 'job.stood' ? [[data.job, index]] : [])));
  for (const [index, record] of records.entries()) {
    if (record.type === 'job.added') {
      const { job, added_at } = record.data;
      const begun = { accounted_until: added_at, paused: false, failures: 0, firings: new Map() };
      jobs.set(job.name, { job, added_at, ...begun });
      continue;
    }
    const name = record.data.job;
    const facts = jobs.get(name);
    if (facts) apply(facts, record, index < (stood.get(name) ?? 0) ? () => {} : broken);
    if (record.type === 'job.removed') jobs.delete(name);
  }
  return jobs;
}

function apply(facts: JobFacts, record: ScheduleRecord, broken: (message: string) => void): void {
  switch (record.type) {
    case 'job.stood': {
      const { accounted_until, failures, paused } = record.data;
      Object.assign(facts, { accounted_until, failures, paused: paused !== undefined, before: undefined });
      break;
    }
    case 'job.changed':
      facts.paused = record.data.paused;
      delete facts.before;
      if (facts.paused) break;
      facts.failures = 0;
      facts.accounted_until = Math.max(facts.accounted_until, record.data.changed_at);
      break;
    case 'firing.intended':
    case 'firing.settled':
      take(facts, record, broken);
      break;
    case 'firing.ended': {
      const firing = facts.firings.get(record.data.due_at);
      if (firing === undefined) return broken(`${facts.job.name} has a run ended that it never began`);
      if (firing.ended) broken(`${facts.job.name} has the run of ${record.data.due_at} ended twice`);
      Object.assign(firing, { settled: true, ended: true });
      facts.failures = record.data.outcome === 'ok' ? 0 : facts.failures + 1;
      break;
    }
    case 'job.added':
    case 'job.removed':
    case 'firing.delivered':
  }
}

function take(facts: JobFacts, record: FiringRecord, broken: (message: string) => void): void {
  const { job, firings } = facts;
  const { due_at, event_id } = record.data;
  const what = `${job.name} for ${due_at}`;
  const known = firings.get(due_at);
  const settled = record.type === 'firing.settled';
  if (known && (!settled || known.event_id !== event_id)) broken(`${what}: it fires a second time`);
  if (!known && settled && event_id !== undefined) broken(`${what}: it has fired, and that was never decided`);
  const manual = record.type === 'firing.intended' && record.data.manual === true;
  if (!known && !manual) judge(facts, record, broken);
  const refused = event_id !== undefined && record.data.state === 'skipped';
  firings.set(due_at, { event_id, refused, settled, ended: known?.ended === true });
  if (known || manual) return;
  facts.accounted_until = Math.max(facts.accounted_until, due_at);
  facts.before = { state: record.data.state, at: record.data.at };
}

/** Of a due time that is decided upon by itself: does it come next, and may that become of it? */
function judge(facts: JobFacts, record: FiringRecord, broken: (message: string) => void): void {
  const { job, firings, paused, failures, before } = facts;
  const { due_at, state, at } = record.data;
  const what = `${job.name} for ${due_at}`;
  let expected = nextDue(facts);
  // Somebody asked for it by hand in that very millisecond.
  while (expected !== undefined && firings.has(expected)) {
    expected = nextDue({ ...facts, accounted_until: expected });
    delete facts.before;
  }
  const first = (record.type === 'firing.settled' ? record.data.first_due_at : undefined) ?? due_at;
  if (first !== expected) broken(`${what}: ${first} follows where ${expected} should`);
  if (paused) broken(`${what}: it is ${state}, and the job is paused`);
  if (record.type === 'firing.settled') return;
  const most = job.max_failures;
  if (most > 0 && failures >= most) broken(`${what}: it fires after ${failures} failures in a row`);
  if (job.catch_up === 'skip' && state === 'caught_up') broken(`${what}: it is caught up with, and is to be missed`);
  if (job.catch_up !== 'skip' && state === 'fired' && before?.state === 'missed') {
    broken(`${what}: it fires, and what was missed before was not caught up with`);
  }
  if (job.catch_up === 'once' && state === 'caught_up' && before?.state === 'caught_up' && before.at === at) {
    broken(`${what}: a second one is caught up with`);
  }
  const isRunning = [...firings.values()].some((firing) => firing.event_id !== undefined && !firing.ended);
  if (job.overlap === 'skip' && state === 'fired' && isRunning) broken(`${what}: it fires beside the run before`);
}
