/**
 * Deriving the decisions of a journal anew over observations that were rewritten: the rules must come to the same, or the
 * journal can't be redacted.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { sha256 } from '../../base/digest.ts';
import { isDecision, isIntent } from '../../contract/entry-types.ts';
import type { Decision, DecisionType, Entry, EntryOf, ObservationType } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { isBystander } from '../../kernel/turn/admits.ts';
import type { Resolved, State } from '../../kernel/turn/state.ts';

export interface Rederivation {
  /** Behind the last entry. */
  state(): State;
  /** @throws RuntimeError not_redactable, when something else is to be decided before this observation */
  expectObservation(entry: EntryOf<ObservationType>): void;
  /** The decision that stands in the place of the entry. @throws RuntimeError not_redactable */
  decide(entry: EntryOf<DecisionType>): Entry;
  /** The next entry, as it was rewritten. @throws RuntimeError not_redactable, when it can't come here */
  append(entry: Entry, resolved: Resolved): void;
  /** The id that an approval has now, and that of the session of a step. */
  approval(id: string): string | undefined;
  child(id: string): string | undefined;
}

/** What a decision must have in common with the recorded one, beside its type. */
const SAME: Partial<Record<DecisionType, readonly string[]>> = {
  'plan.made': ['by'],
  'child.started': ['attempt', 'rights', 'budget'],
  'check.requested': ['call_id', 'tool'],
  'model.requested': ['call_id', 'attempt'],
  'policy.decided': ['call_id', 'effect', 'verdict', 'rules', 'approver_roles'],
  'approval.requested': ['call_id', 'expires_at', 'approver_roles'],
  'call.started': ['call_id', 'attempt'],
  'call.refused': ['call_id', 'why'],
  'call.abandoned': ['call_id', 'attempt'],
  'turn.reflected': ['think', 'signal', 'reason', 'evidence'],
  'reply.made': ['call_id'],
  'turn.ended': ['reason', 'code', 'usage', 'cost_micro_usd', 'model_calls', 'tool_calls'],
};

/** `standsFor`: is the second what the first became? */
export function createRederivation(standsFor: (was: unknown, is: unknown) => boolean): Rederivation {
  const kernel = createKernel(sha256);
  const approvals = new Map<string, string>();
  /** Sessions of steps: their ids follow from what they are told. */
  const children = new Map<string, string>();
  let state: State = kernel.initial();

  /** A session of a step stands there by the id that it has now. */
  function isSame(recorded: EntryOf<DecisionType>, derived: Decision): boolean {
    if (recorded.type !== derived.type) return false;
    const [was, is] = [picked(recorded), picked(derived)];
    return was.every((value, index) => {
      const now = is[index];
      const named = Array.isArray(value) ? value.map((one: string) => children.get(one) ?? one) : value;
      return canonicalJson([named ?? null]) === canonicalJson([now ?? null]) || standsFor(value, now);
    });
  }

  return {
    state: () => state,
    expectObservation(entry) {
      const due = kernel.decision(state);
      if (due && !(isIntent(due.type) && isBystander(entry))) throw decidedOtherwise(entry, due);
    },
    decide(entry) {
      const append = kernel.decision(state);
      if (!append || !isSame(entry, append)) throw decidedOtherwise(entry, append);
      if (entry.type === 'approval.requested' && append.type === 'approval.requested') {
        approvals.set(entry.data.approval_id, append.data.approval_id);
      }
      if (entry.type === 'child.started' && append.type === 'child.started') {
        children.set(entry.data.session_id, append.data.session_id);
      }
      return { v: 1, seq: entry.seq, at: entry.at, ...append };
    },
    append(entry, resolved) {
      if (!isDecision(entry.type) && !kernel.admits(state, entry, resolved)) {
        throw new RuntimeError(
          'not_redactable',
          `Entry ${entry.seq} (${entry.type}) could not come with placeholders.`,
        );
      }
      state = kernel.evolve(state, entry, resolved).state;
    },
    approval: (id) => approvals.get(id),
    child: (id) => children.get(id),
  };
}

export function isDecisionEntry(entry: Entry): entry is EntryOf<DecisionType> {
  return isDecision(entry.type);
}

function decidedOtherwise({ seq, type }: Entry, append: Decision | undefined): RuntimeError {
  const what = append ? `${append.type} ${JSON.stringify(picked(append))}` : 'nothing';
  const message = `Entry ${seq} (${type}) would be decided otherwise with placeholders for the contents: ${what}.`;
  return new RuntimeError('not_redactable', message);
}

function picked({ type, data }: Decision): unknown[] {
  return (SAME[type] ?? []).map((key) => (data as Record<string, unknown>)[key]);
}
