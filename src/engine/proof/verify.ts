/**
 * Proves a journal: the chain is whole, every decision is the one that the rules derive, every observation could come
 * when it came, and every digest is that of its value. Asks no model, reads no configuration, changes nothing.
 */
import { validate } from '#generated/entry-validator.js';
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, sha256, type Digest } from '../../base/digest.ts';
import { isDecision, isIntent } from '../../contract/entry-types.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { Decision, Entry, EntryData, EntryOf, Seq } from '../../contract/entries.ts';
import type { Blobs, ChildEnd, JournalEnd, Visit } from '../../contract/ports.ts';
import type { Presentation } from '../../contract/values.ts';
import type { VerifyFailureCode, VerifyReport } from '../../contract/verify.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { isBystander } from '../../kernel/turn/admits.ts';
import type { Resolved, State } from '../../kernel/turn/state.ts';
import { childEvent } from '../child-event.ts';
import { createResolver } from '../session/fold.ts';
import { wholeText, wholeTexts } from '../session/messages.ts';
import { isRedacted } from '../session/redact.ts';
import { readTries, type Tries } from '../step-tries.ts';
import type { Redactions } from '../redaction/redactions.ts';
import { namedBlobs } from './named-blobs.ts';

type Failure = NonNullable<VerifyReport['failure']>;

/** What is verified: its lines, the blobs they name, and whether an audit log vouches for its end. */
export interface Evidence {
  /** Known from elsewhere; else the journal's own lines say it. */
  session_id?: string;
  read: (visit: Visit) => Promise<JournalEnd & { session?: string }>;
  /** Absent: only the chain can be checked, and decisions as far as they need no blob. */
  blobs?: Pick<Blobs, 'get'>;
  /** The blobs are those of some workspace, not the journal's own: one that isn't there proves nothing. */
  blobsFromElsewhere?: boolean;
  hasHead: boolean;
  /** Its own header names its end, and nothing else. */
  ownHead?: boolean;
  /** Lines of the file that stand before its entries. */
  linesBefore?: number;
  /** Reads another session: what a goal says of its steps is what their journals say. */
  readOther?: (session_id: string, visit: Visit) => Promise<JournalEnd>;
  /** What was redacted in place since: absent, nothing was. */
  redactions?: Redactions;
}

export async function verifyJournal(evidence: Evidence): Promise<VerifyReport> {
  const { session_id, read, blobs, blobsFromElsewhere = false, hasHead, ownHead = false, linesBefore = 0 } = evidence;
  const { redactions } = evidence;
  const check = createCheck(blobs, blobsFromElsewhere);
  const steps: EntryOf<'child.finished'>[] = [];
  let redacted = false;
  const end = await read(({ entry }) => {
    if (entry.type === 'session.created') redacted = entry.data.redacted_from !== undefined;
    if (entry.type === 'child.finished' && entry.data.head.seq > 0) steps.push(entry);
    return check.take(entry);
  });
  const told = await stepsTold(session_id ?? end.session, steps, evidence);
  const failure = check.failure() ?? end.failure ?? told.failure;
  const partial = check.partial();
  const notes: VerifyReport['notes'] = [];
  if (!hasHead) notes.push(ownHead ? 'own_head' : 'no_head');
  if (end.status === 'crash_tail') notes.push('crash_tail');
  if (redacted) notes.push('redacted');
  if (session_id !== undefined && redactions?.has(session_id)) notes.push('redacted_in_place');
  if (told.missing) notes.push('step_missing');
  return {
    schemaVersion: 'runtime.verify.v1',
    session_id: session_id ?? end.session ?? '',
    status: failure ? 'failed' : partial.length > 0 ? 'partial' : 'verified',
    entries: end.seq,
    decisions: check.decisions(),
    head: { seq: end.seq, hash: end.hash },
    kernels: check.kernels(),
    partial,
    notes,
    ...(failure && { failure: { ...failure, line: failure.line + linesBefore } }),
  };
}

/** Does each step's session say what its goal says that it does? */
async function stepsTold(
  goal: string | undefined,
  steps: readonly EntryOf<'child.finished'>[],
  { readOther, blobs, redactions }: Pick<Evidence, 'readOther' | 'blobs' | 'redactions'>,
): Promise<{ missing: boolean; failure?: Failure }> {
  if (!readOther || !blobs) return { missing: steps.length > 0 };
  let missing = false;
  for (const [session_id, told] of Map.groupBy(steps, ({ data }) => data.session_id)) {
    const { hashes, ends } = await sessionOf(session_id, (visit) => readOther(session_id, visit), blobs);
    const redacted = [session_id, goal ?? ''].some((id) => redactions?.has(id));
    for (const { seq, type, data } of told) {
      const { head } = data;
      const fail = (code: VerifyFailureCode, what: string) => {
        const message = `entry ${seq} (${type}): entry ${head.seq} of ${session_id} ${what}`;
        return { missing, failure: { line: seq, seq, code, message } };
      };
      const hash = hashes.get(head.seq);
      const now = redactions?.hashNow(session_id, head) ?? head.hash;
      if (hash !== undefined && hash !== now) return fail('hash_mismatch', 'is not the one that it names');
      if (hash === undefined || !ends) missing = true;
      else if (!(await isEndOf(ends.get(childEvent(data)), data, { blobs, redacted })))
        return fail('not_admissible', 'does not say that the try ended so');
    }
  }
  return { missing };
}

/** The hashes of a session's entries, and how its tries ended; absent: it can't be read. */
async function sessionOf(
  session_id: string,
  read: (visit: Visit) => Promise<JournalEnd>,
  blobs: Pick<Blobs, 'get'>,
): Promise<{ hashes: Map<Seq, string>; ends?: Tries['ends'] }> {
  const hashes = new Map<Seq, string>();
  const noting = (visit: Visit) =>
    read((stored) => {
      hashes.set(stored.entry.seq, stored.hash);
      return visit(stored);
    });
  try {
    const { ends } = await readTries(session_id, noting, blobs);
    return { hashes, ends };
  } catch (thrown) {
    if (toRuntimeError(thrown).code !== 'store_damaged') throw thrown;
    return { hashes };
  }
}

/** Does a try's session say of its end what its goal does? `redacted`: one of the two was since, and its texts differ. */
async function isEndOf(
  end: ChildEnd | undefined,
  told: EntryData<'child.finished'>,
  { blobs, redacted }: { blobs: Pick<Blobs, 'get'>; redacted: boolean },
): Promise<boolean> {
  if (!end) return false;
  const { session_id: _, attempt: __, result, taint, cost_micro_usd = 0, ...rest } = told;
  const { result: reply, taint: sources, cost_micro_usd: cost = 0, ...own } = end;
  // The hashes were compared before.
  if (!isSame({ ...own, cost, head: own.head.seq }, { ...rest, cost: cost_micro_usd, head: rest.head.seq }))
    return false;
  if (redacted) return result.length === reply.length && taint.length === sources.length;
  const [saidHere, saidThere] = await Promise.all([wholeTexts(result, blobs), wholeTexts(reply, blobs)]);
  return result.length === reply.length && areRedacted(saidHere, saidThere) && areRedacted(taint, sources);
}

/** A secret that became known in between is in the one and not in the other. */
function areRedacted(told: readonly string[], whole: readonly string[]): boolean {
  return told.length === whole.length && told.every((text, index) => isRedacted(text, whole[index]!));
}

interface Check {
  take(entry: Entry): void | Promise<void>;
  failure(): Failure | undefined;
  partial(): VerifyReport['partial'];
  decisions(): number;
  kernels(): number[];
}

const NO_BLOBS = 'the blobs it names are not here, so decisions from here on are not derived';

function createCheck(blobs: Pick<Blobs, 'get'> | undefined, blobsFromElsewhere: boolean): Check {
  const kernel = createKernel(sha256);
  const resolve = blobs && createResolver(blobs);
  const kernels = new Set<number>();
  const partial: VerifyReport['partial'] = [];
  let state: State = kernel.initial();
  let decisions = 0;
  let failure: Failure | undefined;

  function fail(entry: Entry, code: VerifyFailureCode, message: string): void {
    if (code === 'blob_missing' && blobsFromElsewhere) return void partial.push({ seq: entry.seq, why: NO_BLOBS });
    failure = { line: entry.seq, seq: entry.seq, code, message: `entry ${entry.seq} (${entry.type}): ${message}` };
  }

  function broken(entry: Entry, thrown: unknown): void {
    const error = toRuntimeError(thrown);
    fail(entry, error.code === 'store_damaged' ? blobCode(error.message) : 'malformed', error.message);
  }

  function take(entry: Entry): void | Promise<void> {
    if (failure || partial.length > 0) return;
    if (!validate(entry)) return fail(entry, 'malformed', 'its content has not the form of its type');
    try {
      const append = kernel.decision(state);
      if (isDecision(entry.type)) return decided(entry, append);
      const postponed = append && isIntent(append.type) && isBystander(entry);
      if (append && !postponed) return fail(entry, 'not_decided', `the rules decide ${append.type} first`);
      // Most name no blob: nothing is waited for.
      if (namedBlobs(entry).length > 0) return observedWithBlobs(entry).catch((thrown) => broken(entry, thrown));
      observed(entry, {}, entry.type === 'call.inspected' ? entry.data.presentation : undefined);
    } catch (thrown) {
      broken(entry, thrown);
    }
  }

  function decided(entry: Entry, append: Decision | undefined): void {
    decisions++;
    if (!append) return fail(entry, 'not_decided', 'the rules decide nothing here');
    if (append.type !== entry.type || !isSame(append.data, entry.data)) {
      return fail(entry, 'not_decided', `the rules decide another ${append.type} here`);
    }
    state = kernel.evolve(state, entry).state;
  }

  async function observedWithBlobs(entry: Entry): Promise<void> {
    const named = namesValues(entry);
    if (named && !resolve) return void partial.push({ seq: entry.seq, why: NO_BLOBS });
    const values = named ? await resolve!(entry) : {};
    const wrong = blobs && (await wrongBlob(entry, blobs));
    if (wrong) return fail(entry, wrong.code, wrong.message);
    const shown = entry.type === 'call.inspected' ? await wholePresentation(entry.data.presentation, blobs) : undefined;
    observed(entry, values, shown);
  }

  /** `shown`: what the approver saw, where it is known whole. */
  function observed(entry: Entry, values: Resolved, shown: Presentation | undefined): void {
    const wrong = wrongDigest(entry, shown);
    if (wrong !== undefined) return fail(entry, 'hash_mismatch', wrong);
    if (!kernel.admits(state, entry, values)) return fail(entry, 'not_admissible', 'it could not come here');
    if (entry.type === 'turn.started') kernels.add(entry.data.kernel);
    state = kernel.evolve(state, entry, values).state;
  }

  return {
    take,
    failure: () => failure,
    partial: () => partial,
    decisions: () => decisions,
    kernels: () => [...kernels],
  };
}

/** Have two values the same canonical form? What was read from a file has one; anything odd in the other is no match. */
function isSame(derived: unknown, recorded: unknown): boolean {
  if (derived === recorded) return true;
  if (typeof derived !== 'object' || typeof recorded !== 'object' || derived === null || recorded === null)
    return false;
  if (Array.isArray(derived) !== Array.isArray(recorded)) return false;
  const was = recorded as Record<string, unknown>;
  const is = derived as Record<string, unknown>;
  const keys = Object.keys(is);
  if (keys.length !== Object.keys(was).length) return false;
  for (const key of keys) if (!Object.hasOwn(was, key) || !isSame(is[key], was[key])) return false;
  return true;
}

/** Is there a value behind a digest of it that the rules look at? */
function namesValues({ type, data }: Entry): boolean {
  if (type === 'session.forked') return data.own_policies !== undefined;
  return (
    type === 'turn.started' || type === 'policy.changed' || type === 'session.opened' || type === 'context.compacted'
  );
}

function blobCode(message: string): VerifyFailureCode {
  return message.includes('missing') ? 'blob_missing' : 'blob_mismatch';
}

interface Wrong {
  code: VerifyFailureCode;
  message: string;
}

/** Blobs that stand for a text, or anything else of a length that the entry says. */
async function wrongBlob(entry: Entry, blobs: Pick<Blobs, 'get'>): Promise<Wrong | undefined> {
  for (const { digest, bytes: length, optional } of namedBlobs(entry)) {
    if (optional || namesValues(entry)) continue; // nothing follows from it, or it is resolved
    const bytes = await blobs.get(digest);
    if (!bytes) return { code: 'blob_missing', message: `the blob ${digest} is missing` };
    if (length !== undefined && bytes.length !== length)
      return { code: 'blob_mismatch', message: `the blob ${digest} has another length` };
  }
  return undefined;
}

/** Digests that stand beside their value. */
function wrongDigest(entry: Entry, shown: Presentation | undefined): string | undefined {
  if (entry.type !== 'call.inspected') return undefined;
  const { facts, facts_digest, presentation_digest } = entry.data;
  if (digestOfValue(facts) !== facts_digest) return 'its facts are not those of their digest';
  if (!shown || digestOfValue(shown) === presentation_digest) return undefined;
  return 'what the approver was shown is not what its digest says';
}

function digestOfValue(value: unknown): Digest {
  return digestOf(canonicalJson(value));
}

/** With all of its texts; undefined: not all of it is here. */
export async function wholePresentation(
  presentation: Presentation,
  blobs: Pick<Blobs, 'get'> | undefined,
): Promise<Presentation | undefined> {
  const { title, body, diff } = presentation;
  if (!blobs && (typeof body === 'object' || typeof diff === 'object')) return undefined;
  const whole: Presentation = { title };
  if (body !== undefined) whole.body = await wholeText(body, blobs!);
  if (diff !== undefined) whole.diff = await wholeText(diff, blobs!);
  return whole;
}
