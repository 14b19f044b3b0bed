/** Tokens and money: what a call may cost at most before it is made, and what it did cost. */
import type { ModelChoice, Price } from '../../contract/manifest.ts';
import type { ModelFailureClass, Usage } from '../../contract/values.ts';
import { FRAME_BYTES } from '../context/compact-request.ts';
import { replyRoom, shownCharacters } from '../context/window.ts';
import { askedChoice } from '../turn/choice.ts';
import type { State, Turn } from '../turn/state.ts';

const TOKENS_A_PRICE = 1_000_000;
/** Of a USD, in which money is counted. */
const MICRO = 1_000_000;

/** A reply shorter than this isn't worth asking for. */
const LEAST_OUTPUT_TOKENS = 256;

/** A summary with what a model thinks before. */
const SUMMARY_TOKENS = 8192;
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
    const room = (scope.limit - scope.used) * scope.unit_size - input * scope.per_input;
    if (scope.per_output > 0) output = Math.min(output, Math.floor(room / scope.per_output));
    if (room < 0 || output < Math.min(LEAST_OUTPUT_TOKENS, longest)) {
      const message = `The next model call could pass the ${scope.what}: ${scope.shown(scope.used)} of ${scope.shown(scope.limit)} ${scope.unit} are used. ${scope.mend}`;
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
    const input = Math.min(shown, state.history.bytes * 4) + FRAME_BYTES;
    return { input, output: Math.min(choice.max_output_tokens, SUMMARY_TOKENS) };
  }
  const room = Math.max(LEAST_OUTPUT_TOKENS, replyRoom(state, turn, choice));
  return { input: state.history.bytes + turn.prefix_bytes, output: Math.min(choice.max_output_tokens, room) };
}

function dearestInput(price: Price): number {
  return Math.max(price.input, price.cached);
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
  /** What a token takes of the scope, in parts of which the scope's unit has `unit_size`: whole numbers, so exact. */
  per_input: number;
  per_output: number;
  unit_size: number;
}

function scopes(state: State, turn: Turn, price: Price | undefined): Scope[] {
  const { rules } = turn.manifest;
  const found: Scope[] = [];
  const add = (scope: 'turn' | 'session', kind: 'tokens' | 'cost', limit: number | undefined, used: number): void => {
    const money = kind === 'cost';
    if (limit === undefined || (money && !price)) return;
    found.push({
      code: `${scope}_${kind}`,
      what: `${scope}'s ${money ? 'money' : 'token'} limit`,
      unit: money ? 'USD' : 'tokens',
      shown: (amount) => String(money ? amount / MICRO : amount),
      mend: `Raise budget.${scope}.${kind}${money && scope === 'turn' ? ' or --max-cost' : ''} to go on.`,
      limit,
      used,
      per_input: money ? dearestInput(price!) : 1,
      per_output: money ? price!.output : 1,
      unit_size: money ? TOKENS_A_PRICE : 1,
    });
  };
  add('turn', 'tokens', turn.limits.tokens, turn.tokens);
  add('turn', 'cost', turn.limits.cost_micro_usd, turn.cost_micro_usd);
  add('session', 'tokens', rules.session_tokens, state.tokens + turn.tokens);
  add('session', 'cost', rules.session_cost_micro_usd, state.cost_micro_usd + turn.cost_micro_usd);
  return found;
}
