/** For how long a program has lived in peace, for what must happen in time: no fault, no clock that was set, no end near. */
import { clocksSet, faultsMet } from '../world/disturbances.ts';
import type { Program, World } from '../world/parts.ts';

/** Gives the simulated ms since the last of these; 0 where no program works on everything. To be asked after each step. */
export function quietSince(world: World): () => number {
  let before: { program: Program; disturbances: number; since: number } | undefined;
  return () => {
    const { machine, program } = world;
    if (program?.process.isAlive() !== true || program.takes !== 'all' || program.leaving) {
      before = undefined;
      return 0;
    }
    const disturbances = faultsMet(world) + clocksSet(world);
    if (before?.program !== program || before.disturbances < disturbances) {
      before = { program, disturbances, since: machine.agenda.now() };
    }
    return machine.agenda.now() - before.since;
  };
}
