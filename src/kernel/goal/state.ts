/** What the kernel remembers of a goal: the plan that is asked for, then its steps and how each goes. */
import type { Limits, TurnReason } from '../../contract/values.ts';
import type { Pending } from '../turn/pending.ts';
import type { PlannedStep } from './parse-plan.ts';

export interface Goal {
  /** Digest of the message that states it. */
  objective: string;
  /** Plans that were asked for. */
  plans: number;
  /** What was wrong with the last one. */
  problem?: string;
  /** A plan that can be made. */
  draft?: PlannedStep[];
  /** Of the plan that was made, when it has more than one. */
  steps: Step[];
  /** Active time of the steps so far; what ran at the same time counts once. */
  steps_ms: number;
}

/**
 * `due`: begins as soon as those that it depends on are done; `running`: an intent without observation; `retry`: waits
 * for `retry_at` and is tried again; `blocked`: one that it depends on came to nothing.
 */
export interface Step extends PlannedStep {
  status: 'due' | 'running' | 'retry' | 'done' | 'failed' | 'blocked';
  attempt: number;
  /** The session that does it: all its tries. */
  session_id?: string;
  /** Seq of the first intent. */
  seq?: number;
  /** Of the present try. */
  limits?: Limits;
  /** `steps_ms` when the try began. */
  began_ms: number;
  retry_at?: number;
  /** How the last try ended. */
  reason?: TurnReason;
  result?: Pending;
}

/** A command that must exit with 0 before the turn counts as done. */
export interface Check {
  command: string;
  status: 'due' | 'running' | 'passed' | 'failed';
  /** How it ended, in words. */
  said?: string;
}
