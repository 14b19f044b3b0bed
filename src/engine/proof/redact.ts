/**
 * A session with placeholders for its contents, as a proof of what was decided: observations are rewritten, every
 * decision is derived from them by the same rules, and the chain is made anew. The file that comes of it is verified like
 * any other, and is the same kind of file.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, sha256, type Digest } from '../../base/digest.ts';
import { isDecision, isIntent } from '../../contract/entry-types.ts';
import type { Decision, DecisionType, Entry, EntryOf, ObservationType } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { isBystander } from '../../kernel/turn/admits.ts';
import type { Resolved, State } from '../../kernel/turn/state.ts';
import { createPlaceholders } from './placeholders.ts';
import { redactObservation, type Names } from './redact-entry.ts';
import { createValueRedaction } from './redact-values.ts';

export interface RedactionSources {
  salt: string;
  /** Id and head hash of the original. */
  redacted_from: { session_id: string; hash: string };
  /** The digests of the facts that the session holds, and those of what stands for these facts (see `factsSeen`). */
  facts: ReadonlyMap<Digest, Digest>;
}

export interface Redaction {
  /** What an id of a session, and of a workspace, becomes. */
  session_id(id: string): string;
  workspace_id(id: string): string;
  /**
   * The next entry. `resolved`: what the original names. @throws RuntimeError not_redactable, when the rules decide
   * otherwise over the placeholders
   */
  take(entry: Entry, resolved: Resolved): Entry;
  /** The content of a blob that was made. */
  content(digest: Digest): string | undefined;
}

/** What a decision must have in common with the recorded one, beside its type. */
const SAME: Partial<Record<DecisionType, readonly string[]>> = {
  'plan.made': ['by'],
  'child.started': ['attempt', 'rights', 'budget'],
  'check.requested': ['call_id', 'tool'],
  'model.requested': ['call_id', 'attempt'],
  'policy.decided': ['call_id', 'effect', 'verdict', 'rules'],
  'approval.requested': ['call_id', 'expires_at', 'approver_roles'],
  'call.started': ['call_id', 'attempt'],
  'call.refused': ['call_id', 'why'],
  'call.abandoned': ['call_id', 'attempt'],
  'turn.reflected': ['think', 'signal', 'reason', 'evidence'],
  'reply.made': ['call_id'],
  'turn.ended': ['reason', 'code', 'usage', 'cost_micro_usd', 'model_calls', 'tool_calls'],
};

export function createRedaction({ salt, redacted_from, facts }: RedactionSources): Redaction {
  const kernel = createKernel(sha256);
  const placeholders = createPlaceholders(salt);
  const values = createValueRedaction(placeholders);
  const approvals = new Map<string, string>();
  /** Sessions of steps: their ids follow from what they are told. */
  const children = new Map<string, string>();
  /** Manifests and summaries that were made, by digest. */
  const made = new Map<Digest, string>();
  let state: State = kernel.initial();

  const session = (id: string): string => placeholders.id('redacted-', id);
  const factsDigest = (digest: Digest): Digest => facts.get(digest) ?? placeholders.digest(digest);

  /** The values that the rewritten entry names. */
  function resolve({ manifest, summary, ...policies }: Resolved): Resolved {
    return {
      ...policies,
      ...(manifest && { manifest: values.manifest(manifest, factsDigest) }),
      ...(summary && { summary: values.summary(summary) }),
    };
  }

  /** The digest of a value that the entry names. */
  function keep(value: unknown): Digest {
    const text = value === undefined ? '' : canonicalJson(value);
    const digest = digestOf(text);
    if (text !== '') made.set(digest, text);
    return digest;
  }

  function observe(entry: EntryOf<ObservationType>, resolved: Resolved): Entry {
    const due = kernel.decision(state);
    if (due && !(isIntent(due.type) && isBystander(entry))) throw decidedOtherwise(entry, due);
    const names: Names = {
      session,
      value: keep(resolved.manifest ?? resolved.summary),
      approval: (id) => approvals.get(id) ?? placeholders.id('a-', id),
      child: (id) => children.get(id) ?? session(id),
      most_steps: state.turn?.ask.purpose === 'plan' ? state.turn.manifest.rules.goal?.most_steps : undefined,
      isTool: (name) => state.turn?.manifest.catalog.some((tool) => tool.name === name) ?? false,
      redacted_from,
    };
    const { seq, at } = entry;
    return { v: 1, seq, at, ...redactObservation(entry, placeholders, values, names) };
  }

  function derive(entry: EntryOf<DecisionType>): Entry {
    const append = kernel.decision(state);
    if (!append || !isSame(entry, append)) throw decidedOtherwise(entry, append);
    if (entry.type === 'approval.requested' && append.type === 'approval.requested') {
      approvals.set(entry.data.approval_id, append.data.approval_id);
    }
    if (entry.type === 'child.started' && append.type === 'child.started') {
      children.set(entry.data.session_id, append.data.session_id);
    }
    return { v: 1, seq: entry.seq, at: entry.at, ...append };
  }

  /** A code that came from outside stands there as its placeholder, a session of a step by the id that it has now. */
  function isSame(recorded: EntryOf<DecisionType>, derived: Decision): boolean {
    if (recorded.type !== derived.type) return false;
    const [was, is] = [picked(recorded), picked(derived)];
    return was.every((value, index) => {
      const now = is[index];
      const named = Array.isArray(value) ? value.map((one: string) => children.get(one) ?? one) : value;
      if (canonicalJson([named ?? null]) === canonicalJson([now ?? null])) return true;
      return typeof value === 'string' && now === placeholders.text(value);
    });
  }

  return {
    session_id: session,
    workspace_id: placeholders.text,
    take(entry, resolved) {
      const named = resolve(resolved);
      const next = isDecisionEntry(entry) ? derive(entry) : observe(entry, named);
      if (!isDecision(next.type) && !kernel.admits(state, next, named)) {
        throw new RuntimeError(
          'not_redactable',
          `Entry ${entry.seq} (${entry.type}) could not come with placeholders.`,
        );
      }
      state = kernel.evolve(state, next, named).state;
      return next;
    },
    content: (digest) => made.get(digest) ?? placeholders.made.get(digest)?.(),
  };
}

function decidedOtherwise({ seq, type }: Entry, append: Decision | undefined): RuntimeError {
  const what = append ? `${append.type} ${JSON.stringify(picked(append))}` : 'nothing';
  const message = `Entry ${seq} (${type}) would be decided otherwise with placeholders for the contents: ${what}.`;
  return new RuntimeError('not_redactable', message);
}

/** What a digest of facts becomes, taken from the entries of the original: grants name facts that come later. */
export function factsSeen(salt: string): { take: (entry: Entry) => void; facts: ReadonlyMap<Digest, Digest> } {
  const values = createValueRedaction(createPlaceholders(salt));
  const facts = new Map<Digest, Digest>();
  return {
    facts,
    take(entry) {
      if (entry.type !== 'call.inspected') return;
      facts.set(entry.data.facts_digest, digestOf(canonicalJson(values.facts(entry.data.facts))));
    },
  };
}

function isDecisionEntry(entry: Entry): entry is EntryOf<DecisionType> {
  return isDecision(entry.type);
}

function picked({ type, data }: Decision): unknown[] {
  return (SAME[type] ?? []).map((key) => (data as Record<string, unknown>)[key]);
}
