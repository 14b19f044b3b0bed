/** Calls, tokens, money, time: what a call may cost at most before it is made, and what it did cost. */
import type { EntryOf } from '../../contract/entries.ts';
import type { ModelChoice, Price } from '../../contract/manifest.ts';
import type { LimitUse, ModelFailureClass, Usage } from '../../contract/values.ts';
import { FRAME_BYTES } from '../context/compact-request.ts';
import { PLAN_FRAME_BYTES } from '../goal/plan-request.ts';
import { mostCounted, replyRoom, shownCharacters } from '../context/window.ts';
import { askedChoice } from '../turn/choice.ts';
import type { State, Turn } from '../turn/state.ts';
import { type BudgetKind, KINDS } from './kinds.ts';

const TOKENS_A_PRICE = 1_000_000;
/** Of a USD, in which money is counted. */

/** A reply shorter than this isn't worth asking for. */
const LEAST_OUTPUT_TOKENS = 256;

/** A summary with what a model thinks before. */
const SUMMARY_TOKENS = 8192;
/** A transcript says more around each content than a request does. */
const TRANSCRIPT_FRAMES = 1.5;
/** In UTF-8, of one UTF-16 unit. */
const MOST_BYTES_A_CHARACTER = 3;

/** Cached input counts a tenth of its tokens (rounded up). */
export function countedTokens(usage: Usage): number {
  return freshInput(usage) + Math.ceil(usage.cached / 10) + usage.output;
}

/** Micro-USD of a usage, rounded up. */
export function costOf(usage: Usage, price: Price): number {
  const cost = freshInput(usage) * price.input + usage.cached * price.cached + usage.output * price.output;
  return Math.ceil(cost / TOKENS_A_PRICE);
}

/** Input that no cache gave. Never less than none, whatever a provider claims: a budget must not grow by use. */
function freshInput({ input, cached }: Usage): number {
  return Math.max(0, input - cached);
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cached: a.cached + b.cached,
    reasoning: a.reasoning + b.reasoning,
  };
}

/**
 * Whether a failed attempt may have been charged although nobody said so: it is then settled at its full reservation.
 * The other classes are refusals before any work.
 */
export function mayHaveCost(failure: ModelFailureClass): boolean {
  return failure === 'network' || failure === 'timeout' || failure === 'malformed' || failure === 'aborted';
}

/** What an attempt counts against budgets, by how it ended; `reserve` is what its request reserved. */
export function chargeOf(
  { type, data }: EntryOf<'model.replied' | 'model.failed'>,
  reserve: { tokens: number; cost_micro_usd: number },
): { tokens: number; cost_micro_usd: number } {
  if (data.usage) return { tokens: countedTokens(data.usage), cost_micro_usd: data.cost_micro_usd ?? 0 };
  return type === 'model.failed' && mayHaveCost(data.class) ? reserve : { tokens: 0, cost_micro_usd: 0 };
}

export type Reservation =
  | { ok: true; max_output_tokens: number; tokens: number; cost_micro_usd: number }
  | { ok: false; code: string; message: string };

/**
 * The worst that the next model call can cost. A token is at least one byte, so the input's bytes bound its tokens. The
 * reply's length is shortened to what the budgets still allow; when that is too short to be useful, the call is refused.
 */
export function reserve(state: State, turn: Turn): Reservation {
  const choice = askedChoice(turn);
  const { input, output: longest } = sizes(state, turn, choice);
  let output = longest;
  for (const scope of scopes(state, turn, choice.price)) {
    const room = (scope.limit - scope.used) * scope.unit_size - scope.per_call - input * scope.per_input;
    if (scope.per_output > 0) output = Math.min(output, Math.floor(room / scope.per_output));
    const least = Math.min(LEAST_OUTPUT_TOKENS, longest);
    if (room < 0 || output < least) {
      const needed = Math.ceil((input * scope.per_input + least * scope.per_output) / scope.unit_size);
      const use = needed > 0 ? `use ${scope.shown(needed)} ${scope.unit} and ` : '';
      const message = `The next model call could ${use}pass ${scope.what}: ${scope.shown(scope.used)} of ${scope.shown(scope.limit)} ${scope.unit} are used. ${scope.mend}`;
      return { ok: false, code: scope.code, message };
    }
  }
  const { price } = choice;
  return {
    ok: true,
    max_output_tokens: output,
    tokens: input + output,
    cost_micro_usd: price ? Math.ceil((input * dearestInput(price) + output * price.output) / TOKENS_A_PRICE) : 0,
  };
}

/** Tokens of a request at most, and of its reply as far as the model's window has room for it. */
function sizes(state: State, turn: Turn, choice: ModelChoice): { input: number; output: number } {
  if (turn.ask.compaction) {
    const shown = shownCharacters(state, turn, choice) * MOST_BYTES_A_CHARACTER;
    // What stands around a content in the transcript is no more than three times what is reckoned for it in the history.
    const bytes = Math.min(shown, state.history.bytes * 4);
    // Nothing is shown that isn't in the history.
    const counted = mostCounted(state, turn, choice) ?? Infinity;
    const input = Math.min(bytes, Math.ceil(counted * TRANSCRIPT_FRAMES)) + FRAME_BYTES;
    return { input, output: Math.min(choice.max_output_tokens, SUMMARY_TOKENS) };
  }
  const room = Math.max(LEAST_OUTPUT_TOKENS, replyRoom(state, turn, choice));
  const frame = turn.ask.purpose === 'plan' ? PLAN_FRAME_BYTES : 0;
  const bytes = state.history.bytes + turn.prefix_bytes;
  return {
    input: Math.min(bytes, mostCounted(state, turn, choice) ?? bytes) + frame,
    output: Math.min(choice.max_output_tokens, room),
  };
}

function dearestInput(price: Price): number {
  return Math.max(price.input, price.cached);
}

/** Of a limit this part (of 100) is used: whoever looks is warned. */
export const NEAR_PERCENT = 80;

export function isNear({ limit, used }: LimitUse): boolean {
  return limit > 0 && used * 100 >= limit * NEAR_PERCENT;
}

/** The limits of turn and session of which most is used. */
export function nearLimits(state: State, turn: Turn): LimitUse[] {
  return scopes(state, turn, askedChoice(turn).price)
    .map(({ code, limit, used }) => ({ scope: code, limit, used }))
    .filter(isNear);
}

/** How long a turn, or a limit of it, lets something be active yet (ms), and by which code it would end. */
export interface WallLeft {
  left_ms: number;
  code: string;
}

/** How long the turn may still be active. */
export function wallLeft(state: State, turn: Turn): WallLeft {
  const own = ownWallLeft(state, turn);
  const shared = (turn.wall_grant?.until_ms ?? Infinity) - turn.active_ms;
  return shared < own.left_ms ? { left_ms: Math.max(0, shared), code: turn.wall_grant!.scope } : own;
}

/** The same by the limits of turn and session alone, as it is for steps: they ask for what sessions share by themselves. */
export function ownWallLeft(state: State, turn: Turn): WallLeft {
  const { limits, manifest } = turn;
  const { session_wall_ms = Infinity } = manifest.rules;
  const worked = workedMs(turn);
  const least = { left_ms: limits.wall_ms - worked, code: 'timeout' };
  const session = session_wall_ms - state.active_ms - worked;
  const found = session < least.left_ms ? { left_ms: session, code: 'session_wall' } : least;
  return { ...found, left_ms: Math.max(0, found.left_ms) };
}

/** Active time of the turn, with that of its steps. */
export function workedMs({ active_ms, goal }: Pick<Turn, 'active_ms' | 'goal'>): number {
  return active_ms + (goal?.steps_ms ?? 0);
}

interface Scope {
  code: string;
  what: string;
  unit: string;
  /** An amount of the scope in its unit. */
  shown: (amount: number) => string;
  mend: string;
  limit: number;
  used: number;
  /** What a call and each token takes of it, in parts of which its unit has `unit_size`: whole numbers, so exact. */
  per_call: number;
  per_input: number;
  per_output: number;
  unit_size: number;
}

function scopes(state: State, turn: Turn, price: Price | undefined): Scope[] {
  const { limits } = turn;
  const { rules } = turn.manifest;
  const found: Scope[] = [];
  const whole = turn.goal ? 'goal' : 'turn';
  const add = (scope: 'turn' | 'goal' | 'session', kind: BudgetKind, limit: number | undefined, used: number): void => {
    const money = kind === 'cost';
    if (limit === undefined || (money && !price)) return;
    const { what, ...words } = KINDS[kind];
    const tokens = kind === 'tokens' ? 1 : 0;
    // What is left of another budget for this turn: that one is to be raised.
    const other = scope === whole ? limits.left_of?.[kind] : undefined;
    const section = other ?? scope;
    found.push({
      ...words,
      code: `${section}_${kind}`,
      what: `${other ? 'what was left of ' : ''}the ${section}'s ${what}`,
      mend: `Raise budget.${section}.${kind}${money && section !== 'session' ? ' or --max-cost' : ''} to go on.`,
      limit,
      used,
      per_call: kind === 'calls' || kind === 'wall' ? 1 : 0,
      per_input: money ? dearestInput(price!) : tokens,
      per_output: money ? price!.output : tokens,
      unit_size: money ? TOKENS_A_PRICE : 1,
    });
  };
  add(whole, 'tokens', limits.tokens, turn.tokens);
  add(whole, 'cost', limits.cost_micro_usd, turn.cost_micro_usd);
  add(whole, 'calls', limits.model_calls, turn.model_calls);
  add(whole, 'wall', limits.wall_ms, workedMs(turn));
  add('session', 'tokens', rules.session_tokens, state.tokens + turn.tokens);
  add('session', 'cost', rules.session_cost_micro_usd, state.cost_micro_usd + turn.cost_micro_usd);
  add('session', 'calls', rules.session_calls, state.model_calls + turn.model_calls);
  add('session', 'wall', rules.session_wall_ms, state.active_ms + workedMs(turn));
  return found;
}
