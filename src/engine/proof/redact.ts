/**
 * A session with placeholders for its contents, as a proof of what was decided: observations are rewritten, every
 * decision is derived from them by the same rules, and the chain is made anew. The file that comes of it is verified like
 * any other, and is the same kind of file.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, type Digest } from '../../base/digest.ts';
import type { Entry, EntryOf, ObservationType } from '../../contract/entries.ts';
import type { Resolved } from '../../kernel/turn/state.ts';
import { createPlaceholders } from './placeholders.ts';
import { redactObservation, type Names } from './redact-entry.ts';
import { createValueRedaction } from './redact-values.ts';
import { createRederivation, isDecisionEntry } from './rederive.ts';

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

export function createRedaction({ salt, redacted_from, facts }: RedactionSources): Redaction {
  const placeholders = createPlaceholders(salt);
  const values = createValueRedaction(placeholders);
  /** A code that came from outside stands there as its placeholder. */
  const derived = createRederivation((was, is) => typeof was === 'string' && is === placeholders.text(was));
  /** Manifests and summaries that were made, by digest. */
  const made = new Map<Digest, string>();

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
    derived.expectObservation(entry);
    const { turn } = derived.state();
    const names: Names = {
      session,
      value: keep(resolved.manifest ?? resolved.summary),
      approval: (id) => derived.approval(id) ?? placeholders.id('a-', id),
      child: (id) => derived.child(id) ?? session(id),
      most_steps: turn?.ask.purpose === 'plan' ? turn.manifest.rules.goal?.most_steps : undefined,
      isTool: (name) => turn?.manifest.catalog.some((tool) => tool.name === name) ?? false,
      redacted_from,
    };
    const { seq, at } = entry;
    return { v: 1, seq, at, ...redactObservation(entry, placeholders, values, names) };
  }

  return {
    session_id: session,
    workspace_id: placeholders.text,
    take(entry, resolved) {
      const named = resolve(resolved);
      const next = isDecisionEntry(entry) ? derived.decide(entry) : observe(entry, named);
      derived.append(next, named);
      return next;
    },
    content: (digest) => made.get(digest) ?? placeholders.made.get(digest)?.(),
  };
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
