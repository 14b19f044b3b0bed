/** Puts a summary together, of what a model wrote and of what the record says. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { Observation } from '../../contract/entries.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { Summary } from '../../contract/summary.ts';
import type { Part } from '../../contract/values.ts';
import { summaryContent } from '../../kernel/context/summary.ts';
import { shortened } from '../../kernel/context/transcript.ts';
import { bytesTokens, requestTokens, summaryRoom } from '../../kernel/context/window.ts';
import { pendingOf } from '../../kernel/turn/history.ts';
import type { State } from '../../kernel/turn/state.ts';
import type { Folded } from './fold.ts';
import { wholeTexts } from './messages.ts';

/** Of the room for a summary: so much is for what the person wrote, and so much for what was done. */
const SAID_SHARE = 0.4;
const DONE_SHARE = 0.3;

/** The observation that the effect `compact` ends with. Resolves when the summary is durable. */
export async function compact({
  state,
  fold,
  blobs,
  hash,
}: {
  state: State;
  fold: Compactable;
  blobs: Blobs;
  hash: Hash;
}): Promise<Observation> {
  const turn = state.turn!;
  const { keep } = turn.ask.compaction!;
  const cut = fold.seqs.length - keep;
  const room = summaryRoom(state, turn);
  const text = shortened(await textOf(fold.condensed ?? [], blobs), Math.floor(room * (1 - SAID_SHARE - DONE_SHARE)));
  const kept = new Set(fold.seqs.slice(cut));
  const summary: Summary = {
    v: 1,
    ...(text.trim() !== '' && { text }),
    ...saidWithin(fold, kept, room * SAID_SHARE),
    ...doneWithin(fold, room * DONE_SHARE),
  };
  const { bytes } = pendingOf(hash, 0, summaryContent(summary));
  const tail = state.history.tail.slice(state.history.tail.length - keep);
  const after = tail.reduce((sum, one) => sum + one.bytes, turn.prefix_bytes + bytes);
  return {
    type: 'context.compacted',
    data: {
      call_id: turn.ask.call_id,
      from_seq: fold.seqs[0] ?? 1,
      to_seq: fold.seqs[cut - 1] ?? state.seq,
      kept: keep,
      summary: await blobs.put(canonicalJson(summary)),
      pinned: summary.said.map(({ seq }) => seq),
      tokens_before: requestTokens(state, turn),
      tokens_after: bytesTokens(after),
    },
  };
}

export type Compactable = Pick<Folded, 'seqs' | 'remembered' | 'condensed'>;

async function textOf(parts: readonly Part[], blobs: Blobs): Promise<string> {
  return (await wholeTexts(parts, blobs)).join('\n').trim();
}

/** The newest messages that fit; the very last one always does, if shortened. */
function saidWithin(
  { remembered }: Compactable,
  kept: ReadonlySet<number>,
  room: number,
): Pick<Summary, 'said' | 'unsaid'> {
  const all = remembered.said.filter(({ seq }) => !kept.has(seq));
  const said: Summary['said'] = [];
  let left = Math.floor(room);
  for (const one of all.toReversed()) {
    if (said.length > 0 && one.text.length > left) break;
    const text = shortened(one.text, Math.max(left, 0));
    said.unshift(text === one.text ? one : { ...one, text, cut: true });
    left -= text.length;
  }
  return { said, unsaid: remembered.unsaid + all.length - said.length };
}

/** The newest actions that fit; of the others how many. */
function doneWithin({ remembered }: Compactable, room: number): Pick<Summary, 'done' | 'counts'> {
  const counts = new Map(remembered.counts.map((one) => [`${one.tool} ${one.outcome}`, { ...one }]));
  const done: Summary['done'] = [];
  let left = room;
  for (const one of remembered.done.toReversed()) {
    left -= canonicalJson(one).length;
    if (left >= 0) {
      done.unshift(one);
      continue;
    }
    const { tool, outcome } = one;
    const known = counts.get(`${tool} ${outcome}`);
    counts.set(`${tool} ${outcome}`, { tool, outcome, count: (known?.count ?? 0) + 1 });
  }
  return { done, counts: [...counts.values()] };
}
