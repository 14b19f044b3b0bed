/** Schedules over ports in memory: what is durable outlives a crash, which comes at the step that the test names. */
import type { Digest } from '../../../base/digest.ts';
import type { ManualClock } from '../../../base/testing/manual-clock.ts';
import { manualClock } from '../../../base/testing/manual-clock.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { EventStatus } from '../../../contract/host.ts';
import type { ScheduleLog } from '../../../contract/ports.ts';
import type { ScheduleRecord, Schedules } from '../../../contract/schedule.ts';
import { LOCAL_ACTOR } from '../../principal.ts';
import type { RunEnd } from '../runs.ts';
import { createScheduleService, type ScheduleService } from '../service.ts';

/** As the local operator has them. */
export type OwnSchedules = Schedules & Pick<ScheduleService, 'start' | 'turnsEnded' | 'stop'>;

export interface ScheduleWorld {
  clock: ManualClock;
  /** A new process on what is durable. `crashAt`: at the n-th thing it does to the world it is gone. */
  open(crashAt?: number): Promise<OwnSchedules>;
  /** The power goes: what was not synced is lost, or was written after all. */
  cut(keepUnsynced: boolean): void;
  /** How many things have been done since it was opened. */
  steps(): number;
  crashed(): boolean;
  /** Ids of messages, as often as they were accepted. */
  accepted: string[];
  /** What heartbeats find; absent: nothing. */
  found: Map<string, Digest>;
  /** Nothing can be written. */
  full: boolean;
  /** Called when a command has run. */
  onCommand?: () => void;
  /** What is written stays, and no sync says so. */
  failingSyncs?: boolean;
  /** No message is accepted. */
  laneFull?: boolean;
  /** It is from the first message on that comes. */
  fullFor?: 'submit';
  /** Names of jobs, as often as their command began. */
  commands: string[];
  delivered: string[];
  /** Names of jobs, as often as giving a result of theirs was begun. */
  sent: string[];
  /** Names of jobs whose results nobody takes. */
  undelivered: Set<string>;
  /** How often the records were written anew. */
  rewritten(): number;
  /** What was told beside. */
  warned: string[];
  /** Commands that run, by job, with what ends them. */
  running: Map<string, () => void>;
  /** How the turns and commands of a job end; absent: ok, at once. A command that never does ends with the process. */
  ends: Map<string, RunEnd | 'never'>;
  records(): ScheduleRecord[];
  /** Lets all that can happen now happen. */
  settle(): Promise<void>;
}

const IMMEDIATES = 60;

export function scheduleWorld({
  start = Date.parse('2026-03-01T00:00:00Z'),
  history = 1000,
  mostCaughtUp = 10,
  mostCommands = 4,
} = {}): ScheduleWorld {
  const clock = manualClock(start);
  let durable: ScheduleRecord[] = [];
  let written: ScheduleRecord[] = [];
  let incarnation = 0;
  let steps = 0;
  let limit = Infinity;
  let crashed = false;
  let ulids = 0;
  const accepted: string[] = [];
  const commands: string[] = [];
  const running: ScheduleWorld['running'] = new Map();
  const delivered: string[] = [];
  const sent: string[] = [];
  const warned: string[] = [];
  const undelivered = new Set<string>();
  let rewritten = 0;
  const ends: ScheduleWorld['ends'] = new Map();
  const found: ScheduleWorld['found'] = new Map();
  const jobOf = new Map<string, string>();
  const clean = <T>(value: T): T => structuredClone(value);

  /** One thing that is done to the world: not by who is gone. Crashing before and behind it are two steps. */
  async function step<T>(mine: number, act: () => T): Promise<T> {
    const pass = (): void => {
      if (++steps >= limit) crashed = true;
    };
    const gone = (): boolean => crashed || mine !== incarnation;
    if (!gone()) pass();
    if (gone()) return new Promise<T>(() => {});
    const done = act();
    await Promise.resolve();
    pass();
    return crashed ? new Promise<T>(() => {}) : done;
  }

  function refuseWhenFull(): void {
    if (world.full) throw new RuntimeError('disk_full', 'No space is left.');
  }

  function logOf(mine: number): ScheduleLog {
    return {
      async read(visit) {
        for (const [index, record] of clean(written).entries()) visit(record, index + 1);
      },
      async append(records, { sync }) {
        refuseWhenFull();
        await step(mine, () => void written.push(...clean(records)));
        if (sync && world.failingSyncs) throw new RuntimeError('store_unavailable', 'The disk failed.');
        if (sync) await step(mine, () => void (durable = [...written]));
      },
      replace: (records) =>
        step(mine, () => {
          rewritten++;
          written = clean(records);
          durable = [...written];
        }),
    };
  }

  async function open(crashAt = Infinity): Promise<OwnSchedules> {
    const mine = ++incarnation;
    [steps, limit, crashed] = [0, crashAt, false];
    const mineOnly = { now: clock.now, at: (due: number, run: () => void) => clock.at(due, () => void (mine === incarnation && !crashed && run())) }; // prettier-ignore
    const status = (event_id: string): EventStatus['status'] =>
      ends.get(jobOf.get(event_id)!) === 'never' ? 'running' : 'done';
    const service = await createScheduleService(
      {
        clock: mineOnly,
        ids: { ulid: () => String(++ulids).padStart(26, '0') },
        log: logOf(mine),
        usual: () => ({ tz: 'UTC', root: '/' }),
        checkLimits: () => {},
        async look({ name }, last) {
          const digest = found.get(name);
          const known = last && last.outcome !== 'failed' && last.looked === digest;
          return { digest, changed: digest !== undefined && !known };
        },
        settled: async (event_id) => ({ event_id, session_id: 's', status: status(event_id), approvals: [] }),
        async submit(job, { event_id }) {
          if (world.laneFull) throw new RuntimeError('lane_full', 'The background lane is full.');
          if (world.fullFor === 'submit') world.full = true;
          refuseWhenFull();
          return step(mine, () => {
            jobOf.set(event_id!, job.name);
            accepted.push(event_id!);
          });
        },
        isKnown: async ({ event_id }) => accepted.includes(event_id!),
        async endOf(_, { event_id }) {
          const end = ends.get(jobOf.get(event_id!)!) ?? { outcome: 'ok' };
          return end === 'never' ? undefined : end;
        },
        async command({ name }, signal) {
          const end = await step(mine, () => {
            commands.push(name);
            world.onCommand?.();
            return ends.get(name) ?? { outcome: 'ok' as const, exit_code: 0 };
          });
          if (end !== 'never') return end;
          const { promise, resolve } = Promise.withResolvers<RunEnd>();
          running.set(name, () => resolve({ outcome: 'ok', exit_code: 0 }));
          signal.addEventListener('abort', () => resolve({ outcome: 'failed', reason: 'ended with the program' }));
          return promise.finally(() => running.delete(name));
        },
        deliver: async (job, { due_at }, signal) => {
          sent.push(job.name);
          if (undelivered.has(job.name)) return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined))); // prettier-ignore
          return step(mine, () => {
            delivered.push(`${job.name}/${due_at}`);
            return { state: 'delivered' as const, attempts: 1 };
          });
        },
        warn: (message) => void warned.push(message),
      },
      { history, mostCaughtUp, mostCommands },
    );
    return {
      ...service,
      add: (schedule) => service.add(schedule, LOCAL_ACTOR),
      change: (name, change) => service.change(name, change, LOCAL_ACTOR),
      remove: (name) => service.remove(name, LOCAL_ACTOR),
    };
  }

  const world: ScheduleWorld = {
    clock,
    full: false,
    open,
    cut(keepUnsynced) {
      incarnation++;
      if (!keepUnsynced) written = [...durable];
    },
    steps: () => steps,
    crashed: () => crashed,
    accepted,
    commands,
    running,
    delivered,
    sent,
    undelivered,
    rewritten: () => rewritten,
    warned,
    ends,
    found,
    records: () => clean(written),
    async settle() {
      for (let n = 0; n < IMMEDIATES; n++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return world;
}
