/** A simulated world: a machine, the program on it, models, tools and people, and who watches that it keeps its promises. */
import { diceOf } from '../../../src/kernel/testing/dice.ts';
import { createMachine } from '../machine/machine.ts';
import { runCommand } from './commands.ts';
import { drawConfig, drawGovernance, drawPolicy, drawToolLimits, movedIn } from './config.ts';
import { createJournals } from './journals.ts';
import { createLedger } from './ledger.ts';
import { askModel } from './models.ts';
import { tapeOf } from '../tape.ts';
import type { Watching, World } from './parts.ts';

const NOBODY_WATCHES: Watching = {
  opened() {},
  asked() {},
  effect() {},
  command() {},
  fires() {},
  leaves() {},
  left() {},
  step() {},
  evidence() {},
};

export function createWorld(tape: readonly number[], watch: (world: World) => Watching): World {
  const machine = createMachine(tape, {
    ask: (process, request, signal) => askModel(world, process, request, signal),
    command: (process, command) => runCommand(world, process, command),
    violate: (letter, message) => world.violate(letter, message),
    policy: () => world.policy,
    setPolicy(tool, verdict) {
      const moved = drawGovernance(world.side, movedIn(world.policy, tool, verdict));
      const changed = JSON.stringify(moved) !== JSON.stringify(world.policy);
      world.policy = moved;
      if (changed) world.ledger.policyChanges++;
      return changed;
    },
    opened(process, session, fold, runner) {
      const opened = { process, session, fold, runner };
      world.runners = [...world.runners.filter((one) => one.session !== session || one.process !== process), opened];
      world.watching.opened(opened);
    },
  });
  const { dice } = machine;
  const side = diceOf(tapeOf((tape[0] ?? 0) + 1), 'calm');
  const world: World = {
    machine,
    dice,
    side,
    loaded: drawToolLimits(side, drawConfig(dice)),
    policy: drawPolicy(dice),
    epoch: 1,
    journals: createJournals(machine.disk),
    ledger: createLedger(),
    program: undefined,
    runners: [],
    watching: NOBODY_WATCHES,
    violation: undefined,
    violate(letter, message) {
      if (world.violation !== undefined) return;
      world.violation = { letter, message };
      machine.note(`VIOLATION ${letter}: ${message}`);
    },
    calm: false,
  };
  world.watching = watch(world);
  return world;
}
