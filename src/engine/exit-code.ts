/** Exit codes by the outcome of a turn (docs/exit-codes.md). */
import type { TurnReason } from '../contract/values.ts';

export const WAITING_APPROVAL = 5;

const BY_REASON: Record<TurnReason, number> = {
  success: 0,
  failed: 1,
  timeout: 1,
  budget_exceeded: 1,
  validation_failed: 1,
  execution_failed: 1,
  unavailable: 1,
  task_graph_invalid: 1,
  interrupted: 1,
  auth_missing: 4,
  denied: 6,
  canceled: 130,
};

export function exitCodeOf(reason: TurnReason): number {
  return BY_REASON[reason];
}
