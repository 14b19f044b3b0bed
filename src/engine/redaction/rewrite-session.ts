/**
 * A session with placeholders for the values, as a journal that proves itself: observations are rewritten, each decision
 * is derived from them anew and has to be the same, and the chain is made anew.
 */
import { validate } from '#generated/entry-validator.js';
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, keyedHash, sha256 } from '../../base/digest.ts';
import type { DecisionType, Entry, EntryOf, ObservationType, Seq } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Blobs } from '../../contract/ports.ts';
import { buildLine } from '../../store/chain/line.ts';
import { createRederivation, isDecisionEntry } from '../proof/rederive.ts';
import { wholePresentation } from '../proof/verify.ts';
import { entriesUpTo } from '../proof/whole-journal.ts';
import type { State } from '../../kernel/turn/state.ts';
import { createResolver } from '../session/fold.ts';
import { wholeText } from '../session/messages.ts';
import { createValueRewriter } from './rewrite-value.ts';
import { refuseStuck, type Sources, type Survey } from './survey.ts';
import type { Substitution } from './substitution.ts';

export interface Rewriting {
  substitution: Substitution;
  key: string;
  /** Sessions that have another id now; those of steps are added as they are found. */
  ids: Map<string, string>;
}

export interface RewrittenLine {
  entry: Entry;
  text: string;
  seq: Seq;
  /** Of the line, before and now. */
  was: string;
  hash: string;
}

/** @throws RuntimeError not_redactable | session_busy (a turn is open, or messages wait in it) */
export async function* rewriteSession(
  { journal, blobs }: Sources,
  survey: Survey,
  { substitution, key, ids }: Rewriting,
): AsyncGenerator<RewrittenLine> {
  const { session_id, named, head, made } = survey;
  const after: Pick<Blobs, 'get'> = {
    get: async (digest, options) => made.get(digest) ?? blobs.get(digest, options),
  };
  const resolve = createResolver(after);
  const rewriter = createValueRewriter(substitution, survey, ids);
  const derived = createRederivation(
    (was, is) => canonicalJson([rewriter.value(was) ?? null]) === canonicalJson([is ?? null]),
  );

  async function observe(entry: EntryOf<ObservationType>): Promise<Entry> {
    derived.expectObservation(entry);
    const stuck = rewriter.stuck(entry.data);
    if (stuck !== undefined) refuseStuck(entry, stuck);
    const data = rewriter.value(entry.data);
    const next = { ...entry, data } as Entry;
    switch (next.type) {
      case 'call.inspected': {
        const { facts, presentation, presentation_digest } = next.data;
        const shown = data === entry.data ? undefined : await wholePresentation(presentation, after);
        return {
          ...next,
          data: {
            ...next.data,
            facts_digest: digestOf(canonicalJson(facts)),
            presentation_digest: shown ? digestOf(canonicalJson(shown)) : presentation_digest,
          },
        };
      }
      case 'approval.resolved': {
        const { approval_id, rule } = next.data;
        if (rule && data !== entry.data) rules.add(canonicalJson(rule));
        return { ...next, data: { ...next.data, approval_id: derived.approval(approval_id) ?? approval_id } };
      }
      case 'model.replied': {
        // Of the bytes that came, which hold it: nobody is to find it by hashing guesses.
        if (data === entry.data) return next;
        await refuseBrokenCalls(entry as EntryOf<'model.replied'>, next);
        return { ...next, data: { ...next.data, wire_digest: `sha256:${keyedHash(key)(next.data.wire_digest)}` } };
      }
      default:
        return next;
    }
  }

  /** What was JSON has to be: models and services read it again. */
  async function refuseBrokenCalls(was: EntryOf<'model.replied'>, is: EntryOf<'model.replied'>): Promise<void> {
    for (const [index, { arguments_raw: raw }] of was.data.tool_calls.entries()) {
      if (!isJson(await wholeText(raw, blobs))) continue;
      if (isJson(await wholeText(is.data.tool_calls[index]!.arguments_raw, after))) continue;
      const message = `The arguments of a call in entry ${was.seq} would be no JSON any more with placeholders.`;
      throw new RuntimeError('not_redactable', message, { next: 'Give the value without what stands around it.' });
    }
  }

  function decide(entry: EntryOf<DecisionType>): Entry {
    const next = derived.decide(entry);
    if (entry.type === 'child.started' && next.type === 'child.started') {
      const [was, is] = [entry.data.session_id, next.data.session_id];
      if (was !== is) ids.set(was, is);
    }
    return next;
  }

  /** Rules that were granted, as they are with placeholders. */
  const rules = new Set<string>();
  let prev = sha256(ids.get(named) ?? named);
  for await (const { entry, durable, hash: was } of entriesUpTo(journal, session_id, head)) {
    const next = isDecisionEntry(entry) ? decide(entry) : await observe(entry);
    if (!validate(next)) {
      const message = `Entry ${entry.seq} (${entry.type}) would not have the form of its type with placeholders.`;
      throw new RuntimeError('not_redactable', message, { next: 'Take a longer part of the text.' });
    }
    if (rewriter.count(next.data) > 0) refuseStuck(entry, 'a decision');
    const named = await resolve(next);
    const stuck = rewriter.stuck(named);
    if (stuck !== undefined) refuseStuck(entry, `${stuck} of what it names`);
    derived.append(next, named);
    const { text, hash } = buildLine(next, { seq: next.seq, durable, prev });
    prev = hash;
    yield { entry: next, text, seq: next.seq, was, hash };
  }
  const state = derived.state();
  if (state.turn || state.queue.length > 0) throw openTurn(session_id);
  refuseWider(state, { session_id, rules, renamed: survey.renamed });
}

/**
 * Where what a session may do, or may not, stands on the value, it would say something else with a placeholder: a rule would cover
 * other words, and a call that is made once more would be another one. @throws RuntimeError not_redactable
 */
function refuseWider(
  { grants, old_grants, unknowns, session }: State,
  {
    session_id,
    rules,
    renamed,
  }: { session_id: string; rules: ReadonlySet<string>; renamed: ReadonlyMap<string, string> },
): void {
  const isNew = new Set(renamed.values());
  const held = grants.filter(({ grant_id, ...grant }) =>
    !old_grants.includes(grant_id) &&
    ('rule' in grant ? rules.has(canonicalJson(grant.rule)) : isNew.has(grant.args_digest) || isNew.has(grant.facts_digest)),
  ); // prettier-ignore
  const [first] = held;
  if (first) {
    const all = held.map(({ grant_id }) => grant_id).join(', ');
    throw new RuntimeError('not_redactable', `What was granted in session ${session_id} has it: ${all}.`, {
      next: `Take it back first: runtime approvals revoke ${first.grant_id}`,
    });
  }
  const unknown = unknowns.find(({ args_digest }) => isNew.has(args_digest));
  if (unknown) {
    const message = `Call ${unknown.call_id} of session ${session_id} has it, and nobody knows whether that took effect: the same call would ask no more.`;
    const next = `Have it made again to its end, or remove the session: runtime session rm ${session_id}`;
    throw new RuntimeError('not_redactable', message, { next });
  }
  if (session?.own_policies?.some((policy) => isNew.has(policy))) {
    throw new RuntimeError('not_redactable', `A policy that session ${session_id} was forked with has it.`, {
      next: `Fork its source without that, or remove the session: runtime session rm ${session_id}`,
    });
  }
}

export function openTurn(id: string): RuntimeError {
  return new RuntimeError('session_busy', `Session ${id} has a turn that hasn't ended, or messages that wait.`, {
    id,
    next: `Carry it to its end with \`runtime run --session ${id}\`, then redact it.`,
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
