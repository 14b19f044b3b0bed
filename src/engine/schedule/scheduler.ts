/** Fires jobs when they are due, by one timer. What it decides is durable before anything follows from it. */
import type { Clock } from '../../base/clock.ts';
import type { Digest } from '../../base/digest.ts';
import type { Ids } from '../../base/ids.ts';
import type { Job, ScheduleRecord } from '../../contract/schedule.ts';
import { type FiringState, type JobState, lastRun } from './book.ts';
import { createPlanner, intentOf } from './due.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './plan.ts';
import type { Runs } from './runs.ts';

export interface SchedulerPorts {
  clock: Clock;
  ids: Ids;
  ledger: Ledger;
  runs: Runs;
  look: Look;
  /** So many due times are caught up with, of a job that wants all. */
  mostCaughtUp: number;
}

/**
 * What there is to be looked after by a heartbeat, and whether it has changed since the last run. No digest: there is
 * nothing.
 */
export type Look = (
  job: Job,
  last: FiringState | undefined,
) => Promise<{ digest: Digest | undefined; changed: boolean }>;

export interface Scheduler {
  /** Carries on with what was left, and fires what is due from now on. */
  start(): Promise<void>;
  /** Jobs were changed: some may be due at another time. */
  changed(): void;
  /** Resolves when nothing more is decided. */
  stop(): Promise<void>;
}

/** Timers don't notice that the clock was set: so often it looks anew. */
const LONGEST_SLEEP_MS = 60_000;
/** Who has not looked for so long wasn't there: the machine slept, or the clock was set. */
const LONGEST_GAP_MS = 2 * LONGEST_SLEEP_MS;
/** So many runs of a job may wait for one another. */
const MOST_QUEUED = 10;

const UNREADABLE = { digest: undefined, changed: true };

export function createScheduler({
  clock,
  ids,
  ledger,
  runs,
  look: lookAround,
  mostCaughtUp,
}: SchedulerPorts): Scheduler {
  /** Of each job, when it was looked at last. */
  const looked = new Map<string, number>();
  /** Of each heartbeat, what was due until then: that nothing has changed isn't worth a record. */
  const beaten = new Map<string, number>();
  const plan = createPlanner(mostCaughtUp);
  let startedAt = 0;
  let running = false;
  let rereads = 0;
  let looking: Promise<void> = Promise.resolve();
  let cancel = (): void => {};

  /** Since when somebody has been there for it. */
  function awakeSince({ job, added_at }: JobState, now: number): number {
    const last = looked.get(job.name) ?? Math.max(startedAt, added_at);
    return now < last || now - last > LONGEST_GAP_MS ? now : last;
  }

  function planOf(state: JobState, now: number): Plan {
    const accounted_until = Math.max(state.accounted_until, beaten.get(state.job.name) ?? 0);
    return plan({ ...state, accounted_until }, { awake_since: awakeSince(state, now), now });
  }

  /** The heartbeats that are due and have something new to look at, with what that is. */
  async function changesBy(now: number): Promise<Map<string, { looked?: Digest }>> {
    const due = [...ledger.book.values()].filter(
      (state) => state.job.heartbeat !== undefined && !state.paused && planOf(state, now).firing.length > 0,
    );
    const changes = new Map<string, { looked?: Digest }>();
    for (const state of due) {
      // What can't be looked at is a run that fails: so it is told.
      const { digest, changed } = await lookAround(state.job, lastRun(state)).catch(() => UNREADABLE);
      if (changed) changes.set(state.job.name, { ...(digest !== undefined && { looked: digest }) });
    }
    return changes;
  }

  async function look(): Promise<void> {
    const now = clock.now();
    const begins: [string, number][] = [];
    let nextAt: number | undefined;
    const changes = await changesBy(now);
    try {
      await ledger.change((book) => {
        const records: ScheduleRecord[] = [];
        for (const state of book.values()) {
          if (state.paused) continue;
          const { missed, firing, next } = planOf(state, now);
          if (next) nextAt = Math.min(nextAt ?? Infinity, next.at);
          const { name } = state.job;
          let underWay = runs.underWay(name);
          if (state.job.heartbeat !== undefined) {
            const due = firing.at(-1);
            beaten.set(name, Math.max(due?.due_at ?? 0, ...missed.map((one) => one.due_at), beaten.get(name) ?? 0));
            const change = changes.get(name);
            if (!due || !change || underWay > 0 || state.firings.has(due.due_at)) continue;
            records.push(intentOf(state.job, { ...due, at: now, ...change }, ids));
            begins.push([name, due.due_at]);
            continue;
          }
          for (const one of missed) records.push(settled(name, now, { ...one, state: 'missed', reason: 'nobody was there' })); // prettier-ignore
          for (const { due_at, state: as } of firing) {
            if (state.firings.has(due_at)) continue; // somebody asked for it in this very millisecond
            const reason = as === 'fired' ? skipReason(state.job, underWay) : undefined;
            if (reason !== undefined) {
              records.push(settled(name, now, { due_at, state: 'skipped', reason }));
              continue;
            }
            records.push(intentOf(state.job, { due_at, state: as, at: now }, ids));
            begins.push([name, due_at]);
            underWay++;
          }
        }
        return records;
      });
      for (const name of ledger.book.keys()) looked.set(name, now);
      if (ledger.rereads() > rereads) runs.recover();
      rereads = ledger.rereads();
    } catch {
      nextAt = Infinity; // the disk may have room later; what is due then is not forgotten
    }
    for (const [name, due_at] of begins) runs.begin(name, due_at);
    arm(now, nextAt);
  }

  function arm(now: number, nextAt: number | undefined): void {
    cancel();
    if (!running || nextAt === undefined) return;
    cancel = clock.at(Math.min(nextAt, now + LONGEST_SLEEP_MS), () => {
      lookAgain();
      runs.look();
    });
  }

  function lookAgain(): void {
    if (running) looking = looking.then(look);
  }

  return {
    async start() {
      startedAt = clock.now();
      running = true;
      runs.recover();
      lookAgain();
      await looking;
    },
    changed: lookAgain,
    async stop() {
      running = false;
      cancel();
      await looking;
      cancel();
    },
  };
}

function skipReason({ overlap }: Job, underWay: number): string | undefined {
  if (overlap === 'skip') return underWay > 0 ? 'the run before was not over' : undefined;
  return underWay > MOST_QUEUED ? `${MOST_QUEUED} runs wait already` : undefined;
}

function settled(
  job: string,
  at: number,
  firing: { due_at: number; state: 'missed' | 'skipped'; reason: string; first_due_at?: number; count?: number },
): ScheduleRecord {
  return { type: 'firing.settled', data: { job, at, ...firing } };
}
