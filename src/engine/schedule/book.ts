/** The jobs of a workspace and their firings, as the records tell them: a fold, and back again. Pure. */
import type { Firing, Job, ScheduleRecord } from '../../contract/schedule.ts';

export interface JobState {
  job: Job;
  added_at: number;
  by: string;
  paused?: { reason?: string };
  /** What was due until then has been accounted for. */
  accounted_until: number;
  /** In a row. */
  failures: number;
  /** By due time, in the order in which they were decided. */
  firings: Map<number, FiringState>;
}

/** `settled`: what had to follow from the intent has followed. */
export type FiringState = Firing & { settled: boolean };

export type Book = Map<string, JobState>;

/** Changes the book by one record. One about what is not known (any more) changes nothing. */
export function apply(book: Book, record: ScheduleRecord): void {
  if (record.type === 'job.added') return add(book, record.data);
  const state = book.get(record.data.job);
  if (!state) return;
  switch (record.type) {
    case 'job.removed':
      book.delete(record.data.job);
      break;
    case 'job.stood': {
      const { accounted_until, failures, paused } = record.data;
      Object.assign(state, { accounted_until, failures });
      if (paused) state.paused = paused;
      break;
    }
    case 'job.changed': {
      const { paused, reason, changed_at } = record.data;
      delete state.paused;
      if (paused) state.paused = { ...(reason !== undefined && { reason }) };
      else {
        // While it was paused nothing was due.
        state.accounted_until = Math.max(state.accounted_until, changed_at);
        state.failures = 0;
      }
      break;
    }
    case 'firing.intended':
    case 'firing.settled':
      settle(state, record);
      break;
    case 'firing.ended': {
      const { job: _, due_at, ...ended } = record.data;
      const firing = state.firings.get(due_at);
      if (!firing) return;
      Object.assign(firing, ended, { settled: true });
      state.failures = ended.outcome === 'ok' ? 0 : state.failures + 1;
      break;
    }
    case 'firing.delivered': {
      const { job: _, due_at, ...delivery } = record.data;
      const firing = state.firings.get(due_at);
      if (firing) firing.delivery = delivery;
      break;
    }
  }
}

function add(book: Book, { job, added_at, by }: Extract<ScheduleRecord, { type: 'job.added' }>['data']): void {
  book.set(job.name, { job, added_at, by, accounted_until: added_at, failures: 0, firings: new Map() });
}

function settle(
  state: JobState,
  { type, data }: Extract<ScheduleRecord, { type: 'firing.intended' | 'firing.settled' }>,
): void {
  const { job: _, ...told } = data;
  const known = state.firings.get(told.due_at);
  state.firings.set(told.due_at, { ...known, ...told, settled: type === 'firing.settled' });
  if (known?.manual || ('manual' in told && told.manual)) return;
  state.accounted_until = Math.max(state.accounted_until, told.due_at);
}

/** Is there something to be done about it yet? */
export function isOpen({ job }: JobState, { event_id, outcome, quiet, delivery }: FiringState): boolean {
  if (event_id === undefined) return false;
  return outcome === undefined || (job.deliver !== undefined && !quiet && delivery === undefined);
}

/** Stays the same however often a result is sent. */
export function deliveryId(job: string, due_at: number): string {
  return `${job}/${due_at}`;
}

/** The latest due time that came to a run. */
export function lastRun({ firings }: JobState): FiringState | undefined {
  const ran = [...firings.values()].filter(({ event_id }) => event_id !== undefined);
  return ran.reduce<FiringState | undefined>((last, one) => (last && last.due_at > one.due_at ? last : one), undefined);
}

/** The records that make this book, with at most so many firings a job, and those that are open. */
export function recordsOf(book: Book, mostFirings: number): ScheduleRecord[] {
  return [...book.values()].flatMap((state): ScheduleRecord[] => {
    const { job, added_at, by, accounted_until, failures, paused, firings } = state;
    const all = [...firings.values()];
    const from = all.length - mostFirings;
    const kept = all.filter((firing, index) => index >= from || isOpen(state, firing));
    return [
      { type: 'job.added', data: { job, added_at, by } },
      ...kept.flatMap((firing) => firingRecords(job.name, firing)),
      { type: 'job.stood', data: { job: job.name, accounted_until, failures, ...(paused && { paused }) } },
    ];
  });
}

function firingRecords(job: string, firing: FiringState): ScheduleRecord[] {
  const { due_at, at, state, event_id, session_id, manual, reason, first_due_at, count } = firing;
  const { outcome, exit_code, output, ended_at, looked, quiet, delivery, settled } = firing;
  const of = { job, due_at };
  const records: ScheduleRecord[] = [];
  if (event_id !== undefined && (state === 'fired' || state === 'caught_up')) {
    const data = { ...of, at, state, event_id, ...given({ session_id, manual, looked }) };
    records.push({ type: 'firing.intended', data });
  }
  if (settled) {
    const data = { ...of, at, state, ...given({ event_id, reason: outcome === undefined ? reason : undefined, first_due_at, count }) }; // prettier-ignore
    records.push({ type: 'firing.settled', data });
  }
  if (outcome !== undefined) {
    const data = { ...of, outcome, ended_at: ended_at!, ...given({ reason, exit_code, output, quiet }) };
    records.push({ type: 'firing.ended', data });
  }
  if (delivery) records.push({ type: 'firing.delivered', data: { ...of, ...delivery } });
  return records;
}

/** The same without what is undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
