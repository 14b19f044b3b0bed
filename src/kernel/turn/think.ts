/** The next decision while a model call is due, waits or has failed: of a think, or of a plan. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { Decision } from '../../contract/entries.ts';
import { nearLimits, reserve, wallLeft } from '../budget/budget.ts';
import { dueCompaction, insteadOfSummary, isDispensable } from '../context/compaction.ts';
import { askedChoice } from './choice.ts';
import { failureCode } from './ending.ts';
import { reflected } from './reflect.ts';
import type { Ask, State, Turn } from './state.ts';

export function think(hash: Hash, state: State, turn: Turn): Decision | undefined {
  const { ask } = turn;
  if (turn.ending && ask.status === 'failed') return reflected(turn, 'stop', turn.ending.code ?? 'shared');
  if (ask.status === 'failed' && ask.retry_at === undefined) {
    return reflected(turn, 'stop', failureCode(ask.failure!.class));
  }
  if (ask.status !== 'due') return undefined;
  const wall = wallLeft(state, turn);
  // A shared budget of time is asked again before each call.
  if (wall.left_ms === 0 && wall.code === 'timeout') return reflected(turn, 'stop', 'timeout');
  return requested(hash, state, {
    ...turn,
    ask: affordable(state, { ...turn, ask: dueCompaction(state, turn) ?? ask }),
  });
}

/** A summary for which there is no budget is done without, as long as the call may do without it. */
function affordable(state: State, turn: Turn): Ask {
  return !isDispensable(turn.ask) || reserve(state, turn).ok ? turn.ask : insteadOfSummary(turn);
}

function requested(hash: Hash, state: State, turn: Turn): Decision {
  const reservation = reserve(state, turn);
  if (!reservation.ok) return reflected(turn, 'stop', reservation.code);
  const { ask } = turn;
  const choice = askedChoice(turn);
  const { max_output_tokens, tokens, cost_micro_usd } = reservation;
  const near = nearLimits(state, turn);
  return {
    type: 'model.requested',
    data: {
      call_id: ask.call_id,
      attempt: ask.attempt + 1,
      purpose: ask.purpose,
      ...(ask.compaction && { keep: ask.compaction.keep }),
      provider: choice.provider,
      model: choice.model,
      request_digest: requestDigest(hash, state, turn, max_output_tokens),
      message_count: state.history.count,
      max_output_tokens,
      reserve: { tokens, cost_micro_usd },
      ...(near.length > 0 && { near }),
    },
  };
}

/**
 * The digest of a request: of everything that it is made of. Rolling over the history, so that a long session costs no
 * more than a short one; whoever sends the request checks its contents against `history` first.
 */
function requestDigest(hash: Hash, state: State, turn: Turn, maxOutputTokens: number): `sha256:${string}` {
  const { compaction, purpose } = turn.ask;
  const request = {
    frozen: turn.frozen,
    history: { count: state.history.count, digest: state.history.digest },
    max_output_tokens: maxOutputTokens,
    model: askedChoice(turn).name,
    think: turn.think,
    v: 1,
    ...(compaction && { compact: { keep: compaction.keep, shortened: compaction.shortened } }),
    ...(purpose === 'plan' && { plan: turn.goal!.problem ?? '' }),
  };
  return `sha256:${hash(canonicalJson(request))}`;
}
