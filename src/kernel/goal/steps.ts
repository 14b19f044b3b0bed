/** The next decision while the steps of a plan are done: each by a session of its own, some at the same time. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { Decision } from '../../contract/entries.ts';
import type { Limits } from '../../contract/values.ts';
import { ownWallLeft, type WallLeft } from '../budget/budget.ts';
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
    return running < turn.manifest.rules.goal!.at_once ? started(hash, state, turn, due, wall) : undefined;
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

function started(hash: Hash, state: State, turn: Turn, step: Step, wall: WallLeft): Decision {
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
      budget: budgetOf(state, turn, wall),
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
function budgetOf(state: State, turn: Turn, wall: WallLeft): Limits {
  const { limits, manifest } = turn;
  const { session_tokens, session_cost_micro_usd, session_calls, goal } = manifest.rules;
  const { left_of: _, ...most } = goal!.step_limits;
  const tokens = least(most.tokens, left(limits.tokens, turn.tokens), left(session_tokens, state.tokens + turn.tokens));
  const cost = least(
    most.cost_micro_usd,
    left(limits.cost_micro_usd, turn.cost_micro_usd),
    left(session_cost_micro_usd, state.cost_micro_usd + turn.cost_micro_usd),
  );
  const calls = least(
    most.model_calls,
    left(limits.model_calls, turn.model_calls),
    left(session_calls, state.model_calls + turn.model_calls),
  );
  const [ofGoal, ofSession] = wall.code === 'timeout' ? [wall.left_ms] : [Infinity, wall.left_ms];
  const time = least(most.wall_ms, ofGoal, ofSession);
  const left_of = {
    ...(calls.of && { calls: calls.of }),
    ...(tokens.of && { tokens: tokens.of }),
    ...(cost.of && { cost: cost.of }),
    ...(time.of && { wall: time.of }),
  };
  return {
    ...most,
    wall_ms: time.limit,
    ...(tokens.limit < Infinity && { tokens: tokens.limit }),
    ...(cost.limit < Infinity && { cost_micro_usd: cost.limit }),
    ...(calls.limit < Infinity && { model_calls: calls.limit }),
    ...(Object.keys(left_of).length > 0 && { left_of }),
  };
}

function left(limit: number | undefined, used: number): number {
  return limit === undefined ? Infinity : Math.max(0, limit - used);
}

/** The least, and what it is left of where it isn't a turn's own. */
function least(turn = Infinity, goal = Infinity, session = Infinity): { limit: number; of?: 'goal' | 'session' } {
  if (turn <= goal && turn <= session) return { limit: turn };
  return goal <= session ? { limit: goal, of: 'goal' } : { limit: session, of: 'session' };
}
