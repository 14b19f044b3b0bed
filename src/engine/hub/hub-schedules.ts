/** The schedules of a hub: made when somebody asks for them, so that a plain turn loads nothing of them. */
import type { Schedules } from '../../contract/schedule.ts';
import type { HubOfSchedules } from '../schedule/hub-of-schedules.ts';
import { ACTS, type Principal, requireRole } from '../principal.ts';
import type { ScheduleService } from '../schedule/service.ts';
import { deliveryTo, jobTo } from '../schedule/told-to.ts';
import { keepStarting, type StartTold } from './keep-starting.ts';

export interface SchedulesTold extends StartTold {
  onCommand?: HubOfSchedules['onCommand'];
}

export interface HubSchedules {
  /** For somebody, as far as their role goes. */
  hostFor(by: Principal): Schedules;
  /** Fires jobs from now on; where they can't be read, as soon as they can. */
  start(told: StartTold): void;
  turnsEnded(): void;
  stop(): Promise<void>;
}

/** What fires jobs is loaded when whoever asks first has been answered. */
const AFTER_START_MS = 50;

export function createHubSchedules(ports: HubOfSchedules): HubSchedules {
  const { change } = ports;
  const { clock } = ports.workspace;
  let opening: Promise<ScheduleService> | undefined;
  let opened: ScheduleService | undefined;
  const service = (): Promise<ScheduleService> =>
    (opening ??= import('../schedule/open.ts')
      .then(({ openSchedules }) => openSchedules(ports))
      .then((made) => (opened = made))
      .catch((error: unknown) => {
        opening = undefined;
        throw error;
      }));
  let isStopped = false;
  let cancelStart = (): void => {};

  async function begin(): Promise<void> {
    const made = await service();
    if (!isStopped) await made.start();
  }

  /** A job acts for the operator, whoever lets it. */
  const operate = <T>(by: Principal, work: (all: ScheduleService) => Promise<T>): Promise<T> =>
    change(async () => {
      requireRole(by, ACTS.schedule);
      return work(await service());
    });
  return {
    hostFor: (by) => ({
      list: async () => (await (await service()).list()).map((job) => jobTo(by, job)),
      get: async (name) => jobTo(by, await (await service()).get(name)),
      add: (schedule) => operate(by, async (all) => all.add(schedule, by.actor)),
      change: (name, changes) => operate(by, (all) => all.change(name, changes, by.actor)),
      remove: (name) => operate(by, (all) => all.remove(name, by.actor)),
      run: (name, options) => operate(by, (all) => all.run(name, options)),
      history: async (name) => (await service()).history(name),
      deliveries: async () => (await (await service()).deliveries()).map((one) => deliveryTo(by, one)),
    }),
    start(told) {
      cancelStart = clock.at(clock.now() + AFTER_START_MS, () => (cancelStart = keepStarting(clock, begin, told)));
    },
    turnsEnded: () => opened?.turnsEnded(),
    async stop() {
      isStopped = true;
      cancelStart();
      await (await opening?.catch(() => undefined))?.stop();
    },
  };
}
