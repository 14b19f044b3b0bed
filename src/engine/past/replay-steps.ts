/** A session as a film: its entries as they came, with what streamed streaming again, and the waiting cut short. */
import type { Entry, EntryData } from '../../contract/entries.ts';
import type { Blobs, StoredEntry } from '../../contract/ports.ts';
import type { DeltaEvent, StreamEvent } from '../../contract/stream.ts';
import type { Part } from '../../contract/values.ts';
import { wholeTexts } from '../session/messages.ts';
import { createTurnCounter, entryEvent } from '../stream.ts';

/** What comes after a pause: something that happened, or what stands in the input as a person types. */
export interface ReplayStep {
  /** Milliseconds at the recorded pace; none is longer than two seconds. */
  pause_ms: number;
  event?: StreamEvent;
  typed?: string;
}

export interface ReplaySource {
  session_id: string;
  entries: readonly StoredEntry[];
  blobs: Pick<Blobs, 'get'>;
}

const LONGEST_PAUSE_MS = 2000;
/** A person sees a text grow when a piece of it comes so often, and reads along when all of it takes so long. */
const PIECE_MS = 20;
const LONGEST_STREAM_MS = 4000;
const CHARACTERS_PER_PIECE = 8;
const KEY_MS = 30;
const LONGEST_TYPING_MS = 1500;
/** Who has read what came before begins to type. */
const BEFORE_TYPING_MS = 700;
/** Words, each with the blanks before it. */
const WORDS = /\s*\S{1,16}|\s+/g;

/** The steps from the beginning, or from an entry on; those before have no pause. */
export async function* replaySteps(source: ReplaySource, from = 1): AsyncGenerator<ReplayStep> {
  const { session_id, entries, blobs } = source;
  const turnOf = createTurnCounter();
  let at = entries[0]?.entry.at ?? 0;
  for (const stored of entries) {
    const { entry } = stored;
    const turn = turnOf(stored);
    const event = entryEvent(session_id, stored, turn);
    const gap = Math.min(LONGEST_PAUSE_MS, entry.at - at);
    at = entry.at;
    if (entry.seq < from) {
      yield { pause_ms: 0, event };
    } else if (entry.type === 'input.received' && entry.data.mode !== 'stop') {
      yield* typing(await textOf(entry.data.parts, blobs));
      yield { pause_ms: KEY_MS * 5, event };
    } else if (entry.type === 'model.replied' && entry.data.purpose === undefined) {
      const scope = { kind: 'session', id: session_id } as const;
      const head = { schemaVersion: 'runtime.event.v1', id: null, at, scope } as const;
      const delta = { ...head, seq: entry.seq - 1, ...(turn !== undefined && { turn }) };
      yield* streaming(entry.data, await textOf(entry.data.parts, blobs), gap, delta);
      yield { pause_ms: 0, event };
    } else {
      yield { pause_ms: gap, event };
    }
  }
}

/** The seq from which a turn is seen: its message came before, when others were still being answered. */
export function beginningOf(entries: readonly Entry[], turn: number): number | undefined {
  const started = entries.findIndex((entry) => entry.type === 'turn.started' && entry.data.turn === turn);
  if (started === -1) return undefined;
  const before = entries[started - 1];
  return before?.type === 'input.received' ? before.seq : entries[started]!.seq;
}

function* typing(text: string): Generator<ReplayStep> {
  if (text.includes('\n')) return yield { pause_ms: BEFORE_TYPING_MS, typed: text };
  const characters = [...text];
  const step = Math.max(1, Math.ceil((characters.length * KEY_MS) / LONGEST_TYPING_MS));
  for (let end = step; end < characters.length + step; end += step) {
    yield { pause_ms: end === step ? BEFORE_TYPING_MS : KEY_MS, typed: characters.slice(0, end).join('') };
  }
}

type DeltaHead = Omit<DeltaEvent, 'type' | 'data'>;

/** A model thinks for a while, then its words come. */
function* streaming(
  { call_id, attempt }: EntryData<'model.replied'>,
  text: string,
  gap: number,
  head: DeltaHead,
): Generator<ReplayStep> {
  const words = text.match(WORDS) ?? [];
  if (words.length === 0) return yield { pause_ms: gap };
  const usual = (text.length / CHARACTERS_PER_PIECE) * PIECE_MS;
  const count = Math.ceil(Math.min(LONGEST_STREAM_MS, usual) / PIECE_MS);
  const size = Math.ceil(words.length / count);
  for (let index = 0; index < words.length; index += size) {
    const data = { call_id, attempt, kind: 'text' as const, text: words.slice(index, index + size).join('') };
    yield { pause_ms: index === 0 ? gap : PIECE_MS, event: { ...head, type: 'delta', data } };
  }
}

/** As a conversation joins them. */
async function textOf(parts: readonly Part[], blobs: Pick<Blobs, 'get'>): Promise<string> {
  return (await wholeTexts(parts, blobs)).join('\n');
}
