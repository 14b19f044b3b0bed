/**
 * Where the values stand in a session, and what the digests of its values become without them: a first reading, since
 * manifests name digests of calls that come later.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, keyedHash, type Digest } from '../../base/digest.ts';
import type { Entry, EntryOf, Seq } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Blobs, Journal, Visit } from '../../contract/ports.ts';
import type { RedactedPlace } from '../../contract/redaction.ts';
import type { LongText } from '../../contract/values.ts';
import { missing } from '../proof/export.ts';
import { namedBlobs } from '../proof/named-blobs.ts';
import { readWhole, sessionNamedBy } from '../proof/whole-journal.ts';
import { callsMade } from '../session/calls-made.ts';
import { wholeText } from '../session/messages.ts';
import { createValueRewriter, type RewrittenDigests } from './rewrite-value.ts';
import type { Substitution } from './substitution.ts';

export interface Sources {
  journal: Pick<Journal, 'read' | 'lines'>;
  blobs: Pick<Blobs, 'get'>;
}

export interface Survey extends RewrittenDigests {
  session_id: string;
  /** As its first line knows it: a copied file may have another name. */
  named: string;
  head: { seq: Seq; hash: string };
  places: RedactedPlace[];
  /** Blobs that it named and won't any more. */
  replaced: Set<Digest>;
  /** Of a step of a goal: the goal's session. */
  parent?: string;
  /** Contents of files from before a patch that the session knows, by digest. */
  preimages: Set<Digest>;
}

/** Of these the value is known, and may name others. */
const VALUES: ReadonlySet<Entry['type']> = new Set([
  'session.created', 'session.forked', 'session.opened', 'policy.changed', 'turn.started', 'context.compacted',
]); // prettier-ignore

/** `visit` sees each entry. @throws RuntimeError not_found | store_damaged */
export async function surveySession(
  { journal, blobs }: Sources,
  session_id: string,
  { substitution, key, visit }: { substitution: Substitution; key: string; visit?: Visit },
): Promise<Survey> {
  const renamed = new Map<string, Digest>();
  const made = new Map<Digest, Uint8Array>();
  const rewriter = createValueRewriter(substitution, { renamed, made });
  const places: RedactedPlace[] = [];
  const replaced = new Set<Digest>();
  const preimages = new Set<Digest>();
  const seen = new Set<Digest>();
  /** Read when the digests of all calls are known. */
  const values: { digest: Digest; seq: Seq; bytes: Uint8Array }[] = [];
  let calls = new Map<string, LongText>();
  let named = session_id;
  let parent: string | undefined;

  const rename = (was: Digest, content: Uint8Array): void => {
    const is = digestOf(content);
    renamed.set(was, is);
    made.set(is, content);
    replaced.add(was);
  };

  async function takeBlobs(entry: Entry): Promise<void> {
    for (const { digest, optional } of namedBlobs(entry)) {
      if (seen.has(digest)) continue;
      seen.add(digest);
      const bytes = await blobs.get(digest, { private: false });
      if (bytes === undefined && !optional) throw missing(session_id, digest);
      if (bytes === undefined) continue;
      const isValue = VALUES.has(entry.type);
      // JSON around its texts is ours: a value that is found only there can't be replaced.
      const count = isValue ? rewriter.count(JSON.parse(Buffer.from(bytes).toString())) : substitution.count(bytes);
      if (count > 0) places.push({ seq: entry.seq, blob: digest, count });
      if (isValue) values.push({ digest, seq: entry.seq, bytes });
      else if (count > 0) rename(digest, substitution.bytes(bytes));
    }
  }

  async function takeInspected({ data }: EntryOf<'call.inspected'>): Promise<void> {
    const { call_id, args_digest, facts, facts_digest } = data;
    for (const { before } of facts.preimages) if (before) preimages.add(before);
    const next = rewriter.value(facts);
    if (next !== facts) renamed.set(facts_digest, digestOf(canonicalJson(next)));
    const raw = await wholeText(calls.get(call_id) ?? '', blobs);
    const without = substitution.text(raw);
    if (without !== raw) renamed.set(args_digest, argumentsDigest(args_digest, raw, without, key));
  }

  const { seq, hash } = await readWhole(journal, session_id, async (stored) => {
    const { entry } = stored;
    await visit?.(stored);
    named = sessionNamedBy(entry) ?? named;
    if (entry.type === 'session.created') parent = entry.data.parent?.session_id;
    if (entry.type === 'session.forked') parent = undefined;
    const made = callsMade(entry);
    if (made.length > 0) calls = new Map(made.map((call) => [call.call_id, call.arguments_raw]));
    const count = rewriter.count(entry.data);
    if (count > 0) places.push({ seq: entry.seq, count });
    await takeBlobs(entry);
    if (entry.type === 'call.inspected') await takeInspected(entry);
    if (entry.type === 'call.finished') for (const { before } of entry.data.files) if (before) preimages.add(before);
  });
  for (const { digest, bytes } of values) {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    const next = rewriter.value(value);
    if (next !== value) rename(digest, Buffer.from(canonicalJson(next)));
  }
  const own = { session_id, named, head: { seq, hash }, ...(parent !== undefined && { parent }) };
  return { ...own, places, replaced, preimages, renamed, made };
}

/** As the tool host takes it: of the canonical form, or of a text that has none. */
function argumentsDigest(was: Digest, raw: string, without: string, key: string): Digest {
  const canonical = (text: string): Digest | undefined => {
    try {
      return digestOf(canonicalJson(JSON.parse(text)));
    } catch {
      return undefined;
    }
  };
  if (digestOf(raw) === was) return digestOf(without);
  const next = canonical(raw) === was ? canonical(without) : undefined;
  return next ?? `sha256:${keyedHash(key)(was)}`;
}

/** @throws RuntimeError not_redactable */
export function refuseStuck(entry: Entry, where: string): never {
  throw new RuntimeError(
    'not_redactable',
    `Entry ${entry.seq} (${entry.type}) has it in ${where}, where it is an id or a word of ours.`,
    { next: 'Take a longer part of the text; or remove the session with `runtime session rm`.' },
  );
}
