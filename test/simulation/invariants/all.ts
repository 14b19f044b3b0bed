/** Every invariant. A new one is a module, and a name here. */
import type { Invariant } from '../world/parts.ts';
import { acceptedEndsOnce } from './accepted.ts';
import { withinBudgets } from './budgets.ts';
import { approvedOnce, neverTwice, neverUnallowed } from './effects.ts';
import { stepsAgree } from './goals.ts';
import { grantsInForce } from './grants.ts';
import { lanesKept } from './lanes.ts';
import { leavesInOrder } from './leaving.ts';
import { policyHolds } from './policies.ts';
import { promisesKept } from './promises.ts';
import { oneReply } from './replies.ts';
import { firesOnce } from './schedules.ts';
import { sharedBudgetsHold } from './shared-budgets.ts';
import { statesAgree } from './states.ts';
import { toolLimitsHold } from './tool-limits.ts';

export const INVARIANTS: readonly Invariant[] = [
  acceptedEndsOnce, neverTwice, neverUnallowed, approvedOnce, withinBudgets, oneReply, promisesKept, statesAgree,
  lanesKept, firesOnce, leavesInOrder, sharedBudgetsHold, stepsAgree, grantsInForce, policyHolds,
  toolLimitsHold,
]; // prettier-ignore
