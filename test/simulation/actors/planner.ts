/** Lets jobs run by themselves, pauses and removes them, and runs them by hand. */
import type { NewSchedule } from '../../../src/contract/schedule.ts';
import { ask } from '../world/program.ts';
import type { World } from '../world/parts.ts';
import { living, type Actor } from './actor.ts';

const JOBS = ['one', 'two'] as const;
const SOON_MS = 150_000;

export const planner: Actor = {
  name: 'planner',
  weight: 4,
  act(world) {
    if (!living(world)) return;
    const { dice } = world;
    const name = dice.pick(JOBS);
    const kind = dice.pick(['add', 'add', 'add', 'run', 'run', 'pause', 'resume', 'remove'] as const);
    if (kind === 'add') {
      const schedule = newSchedule(world, name);
      ask(world, `add job ${name}: ${schedule.schedule ?? schedule.at}`, (host) => host.schedules.add(schedule), () => {}); // prettier-ignore
    } else if (kind === 'run') {
      ask(world, `run job ${name}`, (host) => host.schedules.run(name, { wait: false }), () => world.machine.count('jobs run by hand')); // prettier-ignore
    } else if (kind === 'remove') {
      if (dice.once(2)) ask(world, `remove job ${name}`, (host) => host.schedules.remove(name), () => {}); // prettier-ignore
    } else {
      const paused = kind === 'pause';
      ask(world, `${kind} job ${name}`, (host) => host.schedules.change(name, { paused }), () => {}); // prettier-ignore
    }
  },
};

function newSchedule({ dice, machine }: World, name: string): NewSchedule {
  const every = dice.pick(['@every 2m', '@every 10m', '@every 1h', undefined]);
  return {
    name,
    ...(every === undefined ? { at: new Date(machine.wall() + SOON_MS).toISOString() } : { schedule: every }),
    ...(dice.once(2) ? { command: 'make' } : { prompt: `cron-${name}` }),
    root: '/project',
    catch_up: dice.pick(['skip', 'once', 'all'] as const),
    overlap: dice.pick(['skip', 'queue'] as const),
    jitter_ms: dice.pick([0, 5000]),
    max_failures: dice.pick([0, 2, 1]),
  };
}

/** Nothing is due any more. */
export function endJobs(world: World): void {
  for (const name of JOBS) {
    ask(world, `pause job ${name}`, (host) => host.schedules.change(name, { paused: true }), () => {}); // prettier-ignore
  }
}
