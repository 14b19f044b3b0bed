/** Lets jobs run by themselves, pauses them, and runs them by hand. */
import { ask } from '../world/program.ts';
import type { World } from '../world/parts.ts';
import { living, type Actor } from './actor.ts';

const JOBS = ['one', 'two'] as const;

export const planner: Actor = {
  name: 'planner',
  weight: 2,
  act(world) {
    if (!living(world)) return;
    const { dice } = world;
    const name = dice.pick(JOBS);
    const kind = dice.pick(['add', 'add', 'run', 'pause', 'resume'] as const);
    if (kind === 'add') {
      const schedule = {
        name,
        schedule: dice.pick(['@every 2m', '@every 10m', '@every 1h']),
        prompt: `cron-${name}`,
        root: '/project',
        catch_up: dice.pick(['skip', 'once', 'all'] as const),
        overlap: dice.pick(['skip', 'queue'] as const),
        jitter_ms: dice.pick([0, 5000]),
        max_failures: dice.pick([0, 2]),
      };
      ask(world, `add job ${name}: ${schedule.schedule}`, (host) => host.schedules.add(schedule), () => {}); // prettier-ignore
    } else if (kind === 'run') {
      ask(world, `run job ${name}`, (host) => host.schedules.run(name, { wait: false }), () => world.machine.count('jobs run by hand')); // prettier-ignore
    } else {
      const paused = kind === 'pause';
      ask(world, `${kind} job ${name}`, (host) => host.schedules.change(name, { paused }), () => {}); // prettier-ignore
    }
  },
};

/** Nothing is due any more. */
export function endJobs(world: World): void {
  for (const name of JOBS) {
    ask(world, `pause job ${name}`, (host) => host.schedules.change(name, { paused: true }), () => {}); // prettier-ignore
  }
}
