/** The next decision while the steps of a plan are done: each by a session of its own, some at the same time. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { Decision } from '../../contract/entries.ts';
import type { Limits } from '../../contract/values.ts';
import { ownWallLeft } from '../budget/budget.ts';
import type { State, Turn } from '../turn/state.ts';
import { reflected } from '../turn/reflect.ts';
import type { Step } from './state.ts';

/** The reason code of the reflection that ends the steps. */
export const STEPS_ENDED = 'steps_ended';

export function nextStep(hash: Hash, state: State, turn: Turn): Decision | undefined {
  const { steps } = turn.goal!;
  const running = steps.filter(({ status }) => status === 'running').length;
  const due = steps.find((step) => isDue(step, steps));
  const wall = ownWallLeft(state, turn);
  if (due && wall.left_ms > 0) {
    return running < turn.manifest.rules.goal!.at_once ? started(hash, state, turn, due, wall.left_ms) : undefined;
  }
  if (running > 0) return undefined;
  if (due) return ended(turn, 'stop', wall.code);
  return steps.some(({ status }) => status === 'retry') ? undefined : ended(turn, 'continue', STEPS_ENDED);
}

function isDue({ status, depends_on }: Step, steps: readonly Step[]): boolean {
  return status === 'due' && depends_on.every((id) => steps.find((step) => step.id === id)?.status === 'done');
}

function ended(turn: Turn, signal: 'continue' | 'stop', reason: string): Decision {
  const evidence = turn.goal!.steps.flatMap(({ session_id }) => session_id ?? []);
  const { type, data } = reflected(turn, signal, reason);
  return { type, data: { ...data, evidence } };
}

function started(hash: Hash, state: State, turn: Turn, step: Step, leftMs: number): Decision {
  const input_digest = inputDigest(hash, turn, step);
  // With its time: a session of that name may have been there before, and have been removed.
  const first = canonicalJson([state.session!.id, turn.turn, step.id, state.seq + 1, state.at, input_digest]);
  return {
    type: 'child.started',
    data: {
      session_id: step.session_id ?? `s-${hash(first).slice(0, SESSION_DIGITS)}`,
      step_id: step.id,
      attempt: step.attempt + 1,
      input_digest,
      rights: turn.rights,
      budget: budgetOf(state, turn, leftMs),
    },
  };
}

const SESSION_DIGITS = 26;

/** The digest of all that the step's session is told. */
function inputDigest(hash: Hash, { goal }: Turn, step: Step): `sha256:${string}` {
  const { objective, steps } = goal!;
  const { id, title, task = '', check, attempt, reason, depends_on } = step;
  const results = depends_on.map((one) => steps.find((other) => other.id === one)?.result?.digest ?? '');
  const told = { objective, step: { id, title, task, ...(check !== undefined && { check }) }, results };
  return `sha256:${hash(canonicalJson({ ...told, attempt: attempt + 1, ...(reason && { reason }) }))}`;
}

/** No more than is left of the goal's and the session's limits: what runs at the same time is held by the budget that they share. */
function budgetOf(state: State, turn: Turn, leftMs: number): Limits {
  const { limits, manifest } = turn;
  const { session_tokens, session_cost_micro_usd, session_calls, goal } = manifest.rules;
  const most = goal!.step_limits;
  const tokens = least(most.tokens, left(limits.tokens, turn.tokens), left(session_tokens, state.tokens + turn.tokens));
  const cost_micro_usd = least(
    most.cost_micro_usd,
    left(limits.cost_micro_usd, turn.cost_micro_usd),
    left(session_cost_micro_usd, state.cost_micro_usd + turn.cost_micro_usd),
  );
  const model_calls = least(
    most.model_calls,
    left(limits.model_calls, turn.model_calls),
    left(session_calls, state.model_calls + turn.model_calls),
  );
  return {
    ...most,
    wall_ms: Math.min(most.wall_ms, leftMs),
    ...(tokens < Infinity && { tokens }),
    ...(cost_micro_usd < Infinity && { cost_micro_usd }),
    ...(model_calls < Infinity && { model_calls }),
  };
}

function left(limit: number | undefined, used: number): number {
  return limit === undefined ? Infinity : Math.max(0, limit - used);
}

function least(own: number | undefined, ...others: number[]): number {
  return Math.min(own ?? Infinity, ...others);
}
