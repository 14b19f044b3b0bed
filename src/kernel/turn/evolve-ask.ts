/** How a model call moves: due → running → answered, or failed and due again. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { EntryOf } from '../../contract/entries.ts';
import type { StopReason, Usage } from '../../contract/values.ts';
import { addUsage, costOf, countedTokens, mayHaveCost } from '../budget/budget.ts';
import { askedBy, insteadOfSummary, isDispensable, mayCompact, withoutSummary } from '../context/compaction.ts';
import { counterOf } from '../context/window.ts';
import { planAnswered } from '../goal/evolve-goal.ts';
import { askedChoice } from './choice.ts';
import { pendingOf, replyContent } from './history.ts';
import { isRetried, retryDelay } from './retry.ts';
import { NO_USAGE, type Ask, type Call, type Measured, type State, type Turn, type Evolved } from './state.ts';

/** So much is kept of why a model was given up. */
const GIVEN_UP_LENGTH = 300;

type AskEntry = EntryOf<'budget.reserved' | 'budget.refused' | 'model.requested' | 'model.replied' | 'model.failed'>;

export function evolveAsk(hash: Hash, state: State, turn: Turn, entry: AskEntry): Evolved {
  const expected = entry.type === 'model.requested' ? 'due' : 'running';
  const asks = turn.phase === 'think' || (turn.phase === 'plan' && turn.goal !== undefined);
  if (!asks || turn.ask.status !== expected) return { state, joined: [] };
  switch (entry.type) {
    case 'model.requested': {
      const { retry_at: _, failure: __, ...ask } = askedBy(turn, entry);
      const running: Ask = {
        ...ask,
        status: 'running',
        attempt: entry.data.attempt,
        reserved: false,
        reserve: entry.data.reserve,
        max_output_tokens: entry.data.max_output_tokens,
      };
      const { wall_grant: _grant, ...rest } = turn; // the ledger gives another
      return { state: { ...state, turn: { ...rest, ask: running, model_calls: turn.model_calls + 1 } }, joined: [] };
    }
    case 'budget.reserved':
      return { state: { ...state, turn: granted(turn, entry) }, joined: [] };
    case 'budget.refused': {
      if (isDispensable(turn.ask)) {
        return { state: { ...state, turn: { ...turn, ask: insteadOfSummary(turn) } }, joined: [] };
      }
      const { message = `The ${entry.data.refused_by ?? 'shared'} budget has no room for the next model call.` } =
        entry.data;
      const ending = { reason: 'budget_exceeded' as const, code: entry.data.refused_by ?? 'shared', message };
      return { state: { ...state, turn: { ...turn, ask: { ...turn.ask, status: 'failed' }, ending } }, joined: [] };
    }
    case 'model.replied':
      return replied(hash, state, turn, entry);
    case 'model.failed':
      return { state: { ...state, turn: failed(state, turn, entry) }, joined: [] };
  }
}

/** The time that shared budgets give a turn is what the ledger reserved of them. */
function granted(turn: Turn, { data }: EntryOf<'budget.reserved'>): Turn {
  const { wall_grant: _, ...rest } = turn;
  const walls = data.scopes.filter(({ scope }) => scope.endsWith('_wall')).sort((a, b) => a.reserved - b.reserved);
  const [least] = walls;
  const next = { ...rest, ask: { ...turn.ask, reserved: true } };
  return least ? { ...next, wall_grant: { scope: least.scope, until_ms: turn.active_ms + least.reserved } } : next;
}

function replied(hash: Hash, state: State, turn: Turn, entry: EntryOf<'model.replied'>): Evolved {
  const { data } = entry;
  const charged: Turn = {
    ...turn,
    ask: { ...turn.ask, status: 'answered' },
    usage: addUsage(turn.usage, data.usage),
    tokens: turn.tokens + countedTokens(data.usage),
    cost_micro_usd: turn.cost_micro_usd + (data.cost_micro_usd ?? costOfUsage(turn, data.usage)),
  };
  // Of a summary only the text counts, which is put in its place: calls that a model makes all the same mean nothing.
  if (turn.ask.purpose === 'compact') return { state: { ...state, turn: charged }, joined: [] };
  if (turn.ask.purpose === 'plan') return { state: { ...state, turn: planAnswered(charged, entry) }, joined: [] };
  const content = replyContent(entry);
  const text = data.parts.map((part) => (part.type === 'text' ? part.text : ''));
  const calls = callsOf(hash, turn, entry);
  const pendingReply = pendingOf(hash, entry.seq, content);
  const next: Turn = {
    ...charged,
    phase: data.tool_calls.length > 0 ? 'act' : 'reflect',
    reply: {
      call_id: data.call_id,
      content: pendingReply,
      stop_reason: data.stop_reason,
      has_text: text.some((one) => typeof one !== 'string' || one.trim() !== ''),
    },
    calls,
    call_count: turn.call_count + calls.filter((call) => !call.refusal).length,
  };
  const bytes = state.history.bytes + turn.prefix_bytes;
  const { input, output } = data.usage;
  const measured: Measured = {
    // Of the reply only what stands in the history: not what the model thought and isn't told again.
    tokens: input + Math.min(output, pendingReply.bytes),
    bytes: bytes + pendingReply.bytes,
    request: { tokens: input, bytes, prefix: turn.prefix_bytes, apart: state.history.apart },
    model: counterOf(askedChoice(turn)),
  };
  return { state: { ...state, measured, turn: next }, content, joined: [] };
}

/** The calls of a reply: which are refused at once, and which neighbours may run side by side. */
function callsOf(hash: Hash, turn: Turn, { data }: EntryOf<'model.replied'>): Call[] {
  let count = turn.call_count;
  let group = 0;
  let groupReads = false;
  return data.tool_calls.map((call, index): Call => {
    const spec = turn.manifest.catalog.find((one) => one.name === call.name);
    const refusal = refusalOf(turn, data.stop_reason, { index, count, name: call.name, known: spec !== undefined });
    const reads = spec?.effect === 'read';
    if (!refusal) {
      count++;
      if (!(reads && groupReads)) group++;
      groupReads = reads;
    }
    return {
      call_id: call.call_id,
      provider_id: call.provider_id,
      name: call.name,
      effect: spec?.effect ?? 'unknown',
      recovery: spec?.recovery ?? 'unknown',
      signature: hash(canonicalJson([call.name, call.arguments_raw])),
      group,
      status: 'new',
      attempt: 0,
      ...(refusal && { refusal }),
    };
  });
}

function refusalOf(
  turn: Turn,
  stopReason: StopReason,
  call: { index: number; count: number; name: string; known: boolean },
): Call['refusal'] {
  const { calls_per_reply } = turn.manifest.rules;
  const { max_calls } = turn.limits;
  if (stopReason === 'length') {
    return {
      why: 'invalid_arguments',
      message: 'The reply was cut off at its length limit, so no call of it was run. Make fewer or shorter calls.',
    };
  }
  if (call.index >= calls_per_reply) {
    return { why: 'limit', message: `Only the first ${calls_per_reply} calls of a reply are run.` };
  }
  if (call.count >= max_calls) {
    return { why: 'limit', message: `The turn has reached its ${max_calls} tool calls.` };
  }
  if (!call.known) {
    const names = turn.manifest.catalog.map((tool) => tool.name).join(', ');
    return {
      why: 'unknown_tool',
      message: `There is no tool ${JSON.stringify(call.name.slice(0, 100))}. The tools are: ${names || 'none'}.`,
    };
  }
  return undefined;
}

function failed(state: State, turn: Turn, { data, at }: EntryOf<'model.failed'>): Turn {
  const charged = data.usage
    ? { tokens: countedTokens(data.usage), cost: costOfUsage(turn, data.usage) }
    : mayHaveCost(data.class)
      ? { tokens: turn.ask.reserve.tokens, cost: turn.ask.reserve.cost_micro_usd }
      : { tokens: 0, cost: 0 };
  const next: Turn = {
    ...turn,
    usage: addUsage(turn.usage, data.usage ?? NO_USAGE),
    tokens: turn.tokens + charged.tokens,
    cost_micro_usd: turn.cost_micro_usd + charged.cost,
  };
  // An aborted attempt was ended by us: it doesn't count and doesn't wait.
  if (data.class === 'aborted') return { ...next, ask: { ...turn.ask, status: 'due' } };

  const { class: failureClass, code, message } = data;
  const { rules, models } = turn.manifest;
  const counted = turn.ask.counted + 1;
  const ask: Ask = { ...turn.ask, status: 'failed', counted, failure: { class: failureClass, code, message } };
  if (failureClass === 'context_too_long' && mayCompact(state, turn)) {
    return { ...next, ask: { ...ask, status: 'due', compacted: 'wanted' } };
  }
  const mayTryAgain = counted < rules.model_attempts;
  if (data.hint === 'other_key' && mayTryAgain) return { ...next, ask: { ...ask, status: 'due' } };
  // Where nobody answers, or only after longer than is waited, nothing is waited for as long as somebody else can be asked.
  const isAway = data.hint === 'endpoint_down' || (data.retry_after_ms ?? 0) > rules.retry_after_max_ms;
  const skips = isAway && (turn.choice + 1 < models.length || ask.by_planner);
  if (isRetried(failureClass) && mayTryAgain && !skips) {
    return { ...next, ask: { ...ask, retry_at: at + retryDelay(rules, counted, data.retry_after_ms) } };
  }
  if (ask.compaction) return { ...next, ask: withoutSummary({ ...next, ask }, ask.compaction, failureClass) };
  // Whoever can't plan is no reason to give up: the turn's own model is asked.
  if (ask.by_planner) {
    const { by_planner: _, ...own } = ask;
    return { ...next, ask: { ...own, status: 'due', counted: 0 } };
  }
  if (!isRetried(failureClass)) return { ...next, ask };
  if (turn.choice + 1 < models.length) {
    const given_up = [...turn.given_up, `${models[turn.choice]!.name}: ${message.slice(0, GIVEN_UP_LENGTH)}`];
    return { ...next, choice: turn.choice + 1, given_up, ask: { ...ask, status: 'due', counted: 0 } };
  }
  return { ...next, ask };
}

function costOfUsage(turn: Turn, usage: Usage): number {
  const { price } = askedChoice(turn);
  return price ? costOf(usage, price) : 0;
}
