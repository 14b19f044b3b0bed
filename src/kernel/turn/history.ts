/** What enters the history, and the rolling digest over it. The digest covers contents, never line hashes. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { EntryOf, Seq } from '../../contract/entries.ts';
import type { Content } from '../../contract/messages.ts';
import type { LongText, Part } from '../../contract/values.ts';
import type { Pending } from './pending.ts';
import type { Call, History } from './state.ts';

/** So many contents at most stay as they are in a compaction; of those of ended turns fewer, so that a state stays small. */
const MOST_KEPT = 32;
const MOST_KEPT_OF_ENDED = 2;

/** The history with one more content. `kept`: so many of the last ones, and this, are needed as they are. */
export function roll(hash: Hash, history: History, pending: Pending, kept = 0): History {
  return {
    count: history.count + 1,
    digest: rolled(hash, history.digest, pending),
    bytes: history.bytes + pending.bytes,
    apart: history.apart + (pending.apart ?? 0),
    tail: [...history.tail.slice(-Math.max(MOST_KEPT - 1, kept)), pending],
    from_seq: history.from_seq,
  };
}

/** The history when its turn has ended. */
export function rested(history: History): History {
  return { ...history, tail: history.tail.slice(-MOST_KEPT_OF_ENDED) };
}

/** The digest of a history, with that of one more content. */
export function rolled(hash: Hash, digest: string, content: Pick<Pending, 'digest'>): string {
  return hash(digest + content.digest);
}

/** The history with one content in place of all but its last `keep`, which are in its tail. */
export function replaceBeginning(hash: Hash, history: History, content: Pending, keep: number): History {
  const kept = history.tail.slice(history.tail.length - keep);
  const empty: History = { count: 0, digest: '', bytes: 0, apart: 0, tail: [], from_seq: kept[0]?.seq ?? content.seq };
  return [content, ...kept].reduce((before, one) => roll(hash, before, one), empty);
}

/** Digest and size of a content. */
export function pendingOf(hash: Hash, seq: Seq, content: Content): Pending {
  const apart = apartOf(content);
  const measured = { seq, digest: hash(canonicalJson(content)), bytes: sizeOf(content) };
  const pending = apart > 0 ? { ...measured, apart } : measured;
  return content.role === 'tool' ? { ...pending, result: true } : pending;
}

// Contents are built with their keys in canonical order: then nothing is sorted and copied for their digests.

export function userContent(entry: EntryOf<'input.received'>): Content {
  return { parts: entry.data.parts, role: 'user' };
}

export function replyContent(entry: EntryOf<'model.replied'>): Content {
  return {
    parts: entry.data.parts,
    role: 'assistant',
    tool_calls: entry.data.tool_calls.map((call) => ({
      arguments_raw: textPart(call.arguments_raw),
      call_id: call.call_id,
      name: call.name,
      provider_id: call.provider_id,
    })),
  };
}

/** The result of a call as the model is told it. `status` is the outcome, or why it was refused. */
export function resultContent(call: Call, status: string, parts: Part[]): Content {
  return { call_id: call.call_id, name: call.name, parts, provider_id: call.provider_id, role: 'tool', status };
}

export function textPart(text: LongText): Part & { type: 'text' } {
  return { text, type: 'text' };
}

/** Bytes in UTF-8, without an encoder: the kernel uses nothing of the platform. */
export function utf8Length(text: string): number {
  if (!/[\u0080-\uffff]/.test(text)) return text.length; // the loop is slow while it is cold, as in every start
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length) {
      bytes += 4;
      i++;
    } else bytes += 3;
  }
  return bytes;
}

/** No provider counts more tokens for a picture, however many bytes it has. */
const IMAGE_TOKENS = 10_000;

/** Nor for a page of a document: its text and a picture of it. */
const PAGE_TOKENS = 5000;

/** Room for roles, ids and JSON around a content. */
const OVERHEAD_BYTES = 32;

function sizeOf(content: Content): number {
  if (content.role === 'note') return OVERHEAD_BYTES + utf8Length(content.text);
  // Of a long tool output the model gets head and tail, of everything else the whole.
  const whole = content.role !== 'tool';
  let bytes = OVERHEAD_BYTES;
  for (const part of content.parts) bytes += partSize(part, whole);
  if (content.role === 'assistant') {
    for (const call of content.tool_calls) {
      bytes += OVERHEAD_BYTES + utf8Length(call.name) + partSize(call.arguments_raw, true);
    }
  }
  return bytes;
}

/** Pictures and files go to models that see them, reasoning to who can read it. */
function apartOf(content: Content): number {
  if (content.role === 'note') return 0;
  let bytes = 0;
  for (const part of content.parts) if (part.type !== 'text') bytes += partSize(part, true);
  return bytes;
}

function partSize(part: Part, whole: boolean): number {
  switch (part.type) {
    case 'text':
      return textSize(part.text, whole);
    case 'reasoning':
      return textSize(part.text ?? '', true) + textSize(part.opaque ?? '', true);
    case 'image':
      return Math.min(part.bytes, IMAGE_TOKENS);
    case 'file':
      return part.pages === undefined ? part.bytes : part.pages * PAGE_TOKENS;
  }
}

function textSize(text: LongText, whole: boolean): number {
  if (typeof text === 'string') return utf8Length(text);
  return whole ? text.bytes : utf8Length(text.head) + utf8Length(text.tail);
}
