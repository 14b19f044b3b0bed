/** Everyone who acts. Whoever comes new is a module of its own, and a name here. The first is what happens by itself. */
import type { Dice } from '../../../src/kernel/testing/dice.ts';
import type { Actor } from './actor.ts';
import { approver, lateApprover, revoker } from './approvers.ts';
import { clockSetter, diskFaults, killer, powerSwitch } from './faults.ts';
import { curator, operator, policyMaker, restorer, rival } from './operators.ts';
import { asker, dropper, repeater, stopper, writer } from './people.ts';
import { planner } from './planner.ts';
import { time } from './time.ts';

const ACTORS: readonly Actor[] = [
  time, writer, approver, operator, repeater, asker, stopper, lateApprover, curator, killer, powerSwitch, diskFaults,
  clockSetter, policyMaker, restorer, rival, revoker, dropper, planner,
]; // prettier-ignore

const TOTAL = ACTORS.reduce((sum, { weight }) => sum + weight, 0);

/** Who acts next. */
export function drawActor(dice: Dice): Actor {
  let left = dice.roll(TOTAL);
  for (const actor of ACTORS) {
    if (left < actor.weight) return actor;
    left -= actor.weight;
  }
  return time;
}
