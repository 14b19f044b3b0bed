/** What of the daemon doesn't work although it goes on: said in its log, its status and `/readyz`. */
import type { HostStatus } from '../../contract/host.ts';
import type { StartTold } from '../../engine/hub/keep-starting.ts';
import type { Log } from './log/log.ts';

export type Component = 'queue' | 'schedules';

export interface Failings {
  /** For who starts the component. */
  of(component: Component): StartTold;
  states(): Record<Component, 'ok' | 'failed'>;
  /** For who asks what the daemon is. */
  status(): Pick<HostStatus, 'failing'>;
}

export function createFailings(log: Pick<Log, 'error' | 'info'>): Failings {
  const failing = new Map<Component, NonNullable<HostStatus['failing']>[number]>();
  const stateOf = (component: Component): 'ok' | 'failed' => (failing.has(component) ? 'failed' : 'ok');
  return {
    of: (component) => ({
      onStarted() {
        if (failing.delete(component)) log.info(`${component} started after all`);
      },
      onFailed({ code, message: problem, next }) {
        const known = failing.get(component);
        failing.set(component, { component, code, problem, next });
        if (known?.problem !== problem) log.error(`${component} failed`, { code, problem, next });
      },
    }),
    states: () => ({ queue: stateOf('queue'), schedules: stateOf('schedules') }),
    status: () => (failing.size === 0 ? {} : { failing: [...failing.values()] }),
  };
}
