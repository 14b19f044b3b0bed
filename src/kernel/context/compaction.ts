/**
 * Summing up a history that has become too long. It takes the place of a think that is due, as a model call of its own:
 *
 *   due think → model.requested{compact} → model.replied → context.compacted → the think is due again
 *
 * Once a think at most. Without a summary the history is cut down to what the record says.
 */
import type { Hash } from '../../base/digest.ts';
import type { EntryOf, Seq } from '../../contract/entries.ts';
import type { Summary } from '../../contract/summary.ts';
import type { ModelFailureClass } from '../../contract/values.ts';
import { askedChoice } from '../turn/choice.ts';
import { pendingOf, replaceBeginning } from '../turn/history.ts';
import { newAsk, UNCOUNTED, type Ask, type Compaction, type Evolved, type State, type Turn } from '../turn/state.ts';
import { summaryContent } from './summary.ts';
import { isFull, keptContents } from './window.ts';

/** May the history be summed up for the present call: it wasn't yet, and something would be gained? */
export function mayCompact(state: State, turn: Turn): boolean {
  const { purpose, compacted } = turn.ask;
  if (purpose === 'compact' || compacted !== undefined) return false;
  return keptContents(state, turn, askedChoice(turn)) !== undefined;
}

/** The call that has to come before the think; undefined: none. */
export function dueCompaction(state: State, turn: Turn): Ask | undefined {
  const { ask } = turn;
  if (ask.purpose === 'compact' || ask.compacted === 'done') return undefined;
  const choice = askedChoice(turn);
  if (ask.compacted !== 'wanted' && !state.session?.compact && !isFull(state, turn, choice)) return undefined;
  const keep = keptContents(state, turn, choice);
  return keep === undefined ? undefined : compactionAsk(turn, keep);
}

/** The call that is being requested: a compaction takes the place of the think that waits for it, or gives it back. */
export function askedBy(turn: Turn, { data }: EntryOf<'model.requested'>): Ask {
  const { ask } = turn;
  if (ask.purpose === 'compact') return data.purpose === 'compact' ? ask : insteadOfSummary(turn);
  return data.keep === undefined ? ask : compactionAsk(turn, data.keep);
}

/** The call that waits for a summary, when that is done without. */
export function insteadOfSummary({ turn, think, ask }: Turn): Ask {
  return { ...newAsk(turn, think), ...ask.compaction!.waiting, compacted: 'done' };
}

/** May the call do without the summary that is asked for? Not when the service has said that it is too long. */
export function isDispensable({ compaction }: Ask): boolean {
  return compaction !== undefined && compaction.waiting.compacted !== 'wanted';
}

function compactionAsk({ turn, think, ask, manifest }: Turn, keep: number): Ask {
  const { purpose, call_id, attempt, counted, by_planner, compacted } = ask;
  const compaction: Compaction = {
    keep,
    shortened: 0,
    by_compactor: manifest.compactor !== undefined,
    waiting: { purpose, call_id, attempt, counted, ...(by_planner && { by_planner }), ...(compacted && { compacted }) },
  };
  return { ...newAsk(turn, think), purpose: 'compact', call_id: `k${turn}.${think}`, compaction };
}

/**
 * After a failure that isn't just tried again: what was too long is shown shorter, the turn's own model is asked instead of
 * the compactor, and at last no summary is had at all. Where nobody could be asked the conversation isn't given up for that:
 * the call that waits is tried as it is.
 */
export function withoutSummary(turn: Turn, compaction: Compaction, failure: ModelFailureClass): Ask {
  const { ask, manifest } = turn;
  const attempts = manifest.rules.model_attempts;
  if (failure === 'context_too_long' && ask.counted < attempts) {
    return { ...ask, status: 'due', compaction: { ...compaction, shortened: compaction.shortened + 1 } };
  }
  if (compaction.by_compactor) {
    return { ...ask, status: 'due', counted: 0, compaction: { ...compaction, by_compactor: false, shortened: 0 } };
  }
  return NOBODY_ANSWERED.has(failure) && isDispensable(ask) ? insteadOfSummary(turn) : { ...ask, status: 'answered' };
}

const NOBODY_ANSWERED: ReadonlySet<ModelFailureClass> = new Set([
  'auth', 'rate_limit', 'overload', 'timeout', 'network',
]); // prettier-ignore

/** One content more has come into the history: it was not there when the summary was asked for. */
export function keepsToo(turn: Turn): Turn {
  const { compaction } = turn.ask;
  return compaction
    ? { ...turn, ask: { ...turn.ask, compaction: { ...compaction, keep: compaction.keep + 1 } } }
    : turn;
}

/** The summary stands in the history, and the think that waited for it is due. */
export function compacted(hash: Hash, state: State, turn: Turn, seq: Seq, summary: Summary): Evolved {
  const { status, compaction } = turn.ask;
  if (status !== 'answered' || !compaction) return { state, joined: [] };
  const { keep } = compaction;
  const content = summaryContent(summary);
  const history = replaceBeginning(hash, state.history, pendingOf(hash, seq, content), keep);
  const { compact: _, ...session } = state.session!;
  return {
    state: { ...state, session, history, measured: UNCOUNTED, turn: { ...turn, ask: insteadOfSummary(turn) } },
    content,
    joined: [],
    kept: keep,
  };
}
