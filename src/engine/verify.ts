/**
 * Proves a journal: the chain is whole, every decision is the one that the rules derive, every observation could come
 * when it came, and every digest is that of its value. Asks no model, reads no configuration, changes nothing.
 */
import { validate } from '#generated/entry-validator.js';
import { canonicalJson } from '../base/canonical-json.ts';
import { digestOf, sha256, type Digest } from '../base/digest.ts';
import { isDecision, isIntent } from '../contract/entry-types.ts';
import { toRuntimeError } from '../contract/errors.ts';
import type { Entry } from '../contract/entries.ts';
import type { Blobs, JournalEnd, Visit } from '../contract/ports.ts';
import type { LongText, Presentation } from '../contract/values.ts';
import type { VerifyFailureCode, VerifyReport } from '../contract/verify.ts';
import { createKernel } from '../kernel/kernel.ts';
import { isBystander } from '../kernel/turn/admits.ts';
import type { Resolved, State } from '../kernel/turn/state.ts';
import { createResolver } from './session/fold.ts';
import { wholeText } from './session/messages.ts';

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
}

export async function verifyJournal(evidence: Evidence): Promise<VerifyReport> {
  const { session_id, read, blobs, blobsFromElsewhere = false, hasHead } = evidence;
  const check = createCheck(blobs, blobsFromElsewhere);
  const end = await read(async ({ entry }) => check.take(entry));
  const failure = check.failure() ?? end.failure;
  const partial = check.partial();
  const notes: VerifyReport['notes'] = [];
  if (!hasHead) notes.push('no_head');
  if (end.status === 'crash_tail') notes.push('crash_tail');
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
    ...(failure && { failure }),
  };
}

interface Check {
  take(entry: Entry): Promise<void>;
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

  async function resolved(entry: Entry): Promise<Resolved | undefined> {
    const named = entry.type === 'turn.started' || entry.type === 'policy.changed' || entry.type === 'session.opened';
    if (!named) return {};
    if (!resolve) {
      partial.push({ seq: entry.seq, why: NO_BLOBS });
      return undefined;
    }
    return resolve(entry);
  }

  async function take(entry: Entry): Promise<void> {
    if (failure || partial.length > 0) return;
    if (!validate(entry)) return fail(entry, 'malformed', 'its content has not the form of its type');
    try {
      const { append } = kernel.decide(state);
      if (isDecision(entry.type)) {
        decisions++;
        if (!append) return fail(entry, 'not_decided', 'the rules decide nothing here');
        if (append.type !== entry.type || canonicalJson(append.data) !== canonicalJson(entry.data)) {
          return fail(entry, 'not_decided', `the rules decide another ${append.type} here`);
        }
        state = kernel.evolve(state, entry).state;
        return;
      }
      const postponed = append && isIntent(append.type) && isBystander(entry);
      if (append && !postponed) return fail(entry, 'not_decided', `the rules decide ${append.type} first`);
      const values = await resolved(entry);
      if (!values) return;
      const wrong = await wrongDigest(entry, blobs);
      if (wrong) return fail(entry, wrong.code, wrong.message);
      if (!kernel.admits(state, entry, values)) return fail(entry, 'not_admissible', 'it could not come here');
      if (entry.type === 'turn.started') kernels.add(entry.data.kernel);
      state = kernel.evolve(state, entry, values).state;
    } catch (thrown) {
      const error = toRuntimeError(thrown);
      const code = error.code === 'store_damaged' ? blobCode(error.message) : 'malformed';
      fail(entry, code, error.message);
    }
  }

  return {
    take,
    failure: () => failure,
    partial: () => partial,
    decisions: () => decisions,
    kernels: () => [...kernels],
  };
}

function blobCode(message: string): VerifyFailureCode {
  return message.includes('missing') ? 'blob_missing' : 'blob_mismatch';
}

interface Wrong {
  code: VerifyFailureCode;
  message: string;
}

/** Digests that stand beside their value, and blobs that stand for a text. */
async function wrongDigest(entry: Entry, blobs: Pick<Blobs, 'get'> | undefined): Promise<Wrong | undefined> {
  for (const text of longTexts(entry)) {
    if (!blobs) continue;
    const bytes = await blobs.get(text.blob);
    if (!bytes) return { code: 'blob_missing', message: `the blob ${text.blob} is missing` };
    if (bytes.length !== text.bytes)
      return { code: 'blob_mismatch', message: `the blob ${text.blob} has another length` };
  }
  if (entry.type !== 'call.inspected') return undefined;
  const { facts, facts_digest, presentation, presentation_digest } = entry.data;
  if (digestOfValue(facts) !== facts_digest)
    return { code: 'hash_mismatch', message: 'its facts are not those of their digest' };
  const shown = await wholePresentation(presentation, blobs);
  if (shown && digestOfValue(shown) !== presentation_digest) {
    return { code: 'hash_mismatch', message: 'what the approver was shown is not what its digest says' };
  }
  return undefined;
}

function digestOfValue(value: unknown): Digest {
  return digestOf(canonicalJson(value));
}

async function wholePresentation(
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

type Blobbed = Exclude<LongText, string>;

/** Every text of an entry that lies in a blob. */
function longTexts(entry: Entry): Blobbed[] {
  const found: Blobbed[] = [];
  const add = (text: LongText | undefined): void => {
    if (typeof text === 'object') found.push(text);
  };
  if (entry.type === 'input.received' || entry.type === 'model.replied') {
    for (const part of entry.data.parts) {
      if (part.type === 'text' || part.type === 'reasoning') add(part.text);
      if (part.type === 'reasoning') add(part.opaque);
    }
  }
  if (entry.type === 'model.replied') for (const call of entry.data.tool_calls) add(call.arguments_raw);
  if (entry.type === 'model.failed') add(entry.data.partial);
  if (entry.type === 'call.finished') add(entry.data.output);
  return found;
}
