/** The jobs of a workspace, for the hub that has it: what a host can do with them, and, where it is asked to, firing them. */
import type { Ids } from '../../base/ids.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { EventStatus } from '../../contract/host.ts';
import type { ScheduleLog } from '../../contract/ports.ts';
import type {
  Firing,
  Job,
  NewSchedule,
  ScheduleChange,
  ScheduleRecord,
  Schedules,
  ScheduleStatus,
} from '../../contract/schedule.ts';
import type { Actor } from '../../contract/values.ts';
import type { Book } from './book.ts';
import { createDescribe, deliveriesOf, historyOf, jobIn, told } from './describe.ts';
import { intentOf } from './due.ts';
import { nothingToLookAfter } from './heartbeat.ts';
import { openLedger } from './ledger.ts';
import { newJob } from './new-job.ts';
import { createRuns, type RunPorts } from './runs.ts';
import { createScheduler, type Look } from './scheduler.ts';

export interface ServicePorts extends Omit<RunPorts, 'ledger'> {
  ids: Ids;
  log: ScheduleLog;
  /** Zone and project folder of jobs that name none. */
  usual: () => { tz: string; root: string };
  /** @throws RuntimeError price_missing, when the limits can't be held */
  checkLimits(limits: NewSchedule['limits']): void;
  /** Resolves when the message's turn has ended or waits for a person. */
  settled(event_id: string): Promise<EventStatus>;
  look: Look;
}

export interface ServiceSettings {
  /** So many firings of a job are kept. */
  history: number;
  mostCaughtUp: number;
  /** So many commands of jobs run at once. */
  mostCommands: number;
}

export interface ScheduleService extends Omit<Schedules, 'add' | 'change' | 'remove'> {
  add(schedule: NewSchedule, by: Actor): Promise<ScheduleStatus>;
  change(name: string, change: ScheduleChange, by: Actor): Promise<ScheduleStatus>;
  remove(name: string, by: Actor): Promise<void>;
  /** Fires jobs when they are due, from now on. */
  start(): Promise<void>;
  /** Turns have ended. */
  turnsEnded(): void;
  stop(): Promise<void>;
}

export async function createScheduleService(ports: ServicePorts, settings: ServiceSettings): Promise<ScheduleService> {
  const { clock, ids, log } = ports;
  const ledger = await openLedger(log, settings.history);
  const runs = createRuns({ ...ports, ledger }, settings.mostCommands);
  const scheduler = createScheduler({
    clock,
    ids,
    ledger,
    runs,
    look: ports.look,
    mostCaughtUp: settings.mostCaughtUp,
  });
  const describe = createDescribe(clock);
  const { book } = ledger;

  /** Decided on the book as it is when all before is recorded. What can't be made durable may stand all the same. */
  async function change(decide: (book: Book) => ScheduleRecord): Promise<void> {
    try {
      await ledger.change((now) => [decide(now)]);
    } finally {
      scheduler.changed();
    }
  }

  return {
    list: async () => [...book.values()].map(describe),
    get: async (name) => describe(jobIn(book, name)),
    async add(asked, by) {
      const now = clock.now();
      const job = newJob(asked, { now, ...ports.usual() });
      ports.checkLimits(job.limits);
      await change((known) => {
        if (known.has(job.name)) throw new RuntimeError('schedule_exists', `There is a job ${job.name} already.`);
        return { type: 'job.added', data: { job, added_at: now, by: by.id } };
      });
      return describe(jobIn(book, job.name));
    },
    async change(name, { paused }, by) {
      const changed_at = clock.now();
      if ((jobIn(book, name).paused !== undefined) !== paused) {
        await change((known) => {
          const { job } = jobIn(known, name);
          return { type: 'job.changed', data: { job: job.name, changed_at, paused, by: by.id } };
        });
      }
      return describe(jobIn(book, name));
    },
    async remove(name, by) {
      await change((known) => {
        const { job } = jobIn(known, name);
        return { type: 'job.removed', data: { job: job.name, by: by.id } };
      });
      runs.look();
    },
    async run(name, { wait }) {
      const at = clock.now();
      let due_at = at;
      const looked = await lookFor(jobIn(book, name).job);
      await change((known) => {
        const { job, firings } = jobIn(known, name);
        while (firings.has(due_at)) due_at++;
        return intentOf(job, { due_at, state: 'fired', at, manual: true, ...looked }, ids);
      });
      const { accepted, ended } = runs.begin(name, due_at);
      const firing = (): Firing | undefined => book.get(name)?.firings.get(due_at);
      const intended = told(firing()!);
      if (wait) await Promise.race([ended, accepted.then(() => rested(firing(), ended))]);
      const now = firing();
      return now ? told(now) : intended; // the job may have been removed meanwhile
    },
    history: async (name) => historyOf(jobIn(book, name)),
    deliveries: async () => deliveriesOf(book),
    start: () => scheduler.start(),
    turnsEnded: () => runs.look(),
    async stop() {
      const stopped = runs.stop(); // first: what is being decided on right now is for the next process
      await scheduler.stop();
      await stopped;
    },
  };

  /** Asked for by a person, a heartbeat comes whatever has changed. */
  async function lookFor(job: Job): Promise<Pick<Firing, 'looked'>> {
    if (job.heartbeat === undefined) return {};
    const { digest } = await ports.look(job, undefined);
    if (digest === undefined) throw nothingToLookAfter(job);
    return { looked: digest };
  }

  /** When it waits for a person, or has ended and that is recorded. */
  async function rested(firing: Firing | undefined, ended: Promise<void>): Promise<void> {
    if (firing?.session_id === undefined || firing.outcome !== undefined) return ended;
    const { status } = await ports.settled(firing.event_id!);
    if (status !== 'waiting_approval') await ended;
  }
}
