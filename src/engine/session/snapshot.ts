/**
 * Snapshots: what folding a journal up to the end of a turn gave, so that opening a long session needn't fold all of it.
 * A cache: one is used only where it can't be told from the fold, and never by `verify`.
 */
import type { EntryData, Seq } from '../../contract/entries.ts';
import type { Content } from '../../contract/messages.ts';
import type { Ingress, Journal, JournalPlace, Snapshots, StoredEntry } from '../../contract/ports.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { Part } from '../../contract/values.ts';
import type { State } from '../../kernel/turn/state.ts';
import type { Folded } from './fold.ts';
import type { Remembered } from './remembered.ts';

export interface Snapshot {
  session: string;
  /** Of the sources of the program that folded: another program may fold otherwise. */
  sources: string;
  /** Behind the `turn.ended` up to which was folded, and that entry. */
  place: JournalPlace;
  end: { seq: Seq; hash: string; data: EntryData<'turn.ended'> };
  /** The journal's length up to there. */
  bytes: number;
  state: State;
  contents: Content[];
  seqs: Seq[];
  remembered: Remembered;
  lastReply: Part[];
}

export interface SnapshotPorts {
  journal: Pick<Journal, 'size' | 'place' | 'holds'>;
  ingress: Pick<Ingress, 'sync'>;
  snapshots: Snapshots;
  /** Digest of the sources of this program. */
  sources: string;
}

/** A new one is made when the journal has grown by this, and by a sixteenth: so all writing stays linear in its length. */
const LEAST_GROWTH_BYTES = 256 * 1024;
const LEAST_GROWTH_SHARE = 16;

/**
 * The snapshot to begin with. None when an event waits that is older than it: whether the journal has such an event only
 * the journal can say. (One that is newer isn't in it, whatever the clocks: its mark would be durable, see below.)
 */
export async function findSnapshot(
  { journal, snapshots, sources }: SnapshotPorts,
  session: string,
  pending: IngressEvent[],
): Promise<Snapshot | undefined> {
  const snapshot = (await snapshots.read(session)) as Snapshot | undefined;
  if (snapshot?.session !== session || snapshot.sources !== sources) return undefined;
  if (pending.some((event) => event.session_id === session && event.accepted_at <= snapshot.state.at)) return undefined;
  return (await journal.holds(session, snapshot.place)) ? snapshot : undefined;
}

/** What a snapshot stands for: the fold of all entries up to its place. */
export function foldOf({ state, contents, seqs, remembered, lastReply }: Snapshot): Folded {
  const kept = { state, contents, seqs, remembered, lastReply };
  return { ...kept, pending: new Map(), unsaid: new Set(), calls: new Map(), goals: new Map() };
}

/**
 * Keeps the fold at the end of a turn, when the journal has grown enough since `before` (bytes). Nothing is kept when
 * something follows or waits already. First the done marks of the session's messages (written when `marked` resolves)
 * are made durable: a message that waits later can then only be one that the snapshot doesn't have.
 * Gives the length at which the newest snapshot was made.
 */
export async function keepSnapshot(
  { journal, ingress, snapshots, sources }: SnapshotPorts,
  session: string,
  { state, contents, seqs, remembered, lastReply }: Folded,
  { entry, hash }: StoredEntry,
  { before, marked }: { before: number; marked: Promise<unknown> },
): Promise<number> {
  if (state.seq !== entry.seq || state.queue.length > 0) return before;
  const bytes = journal.size(session);
  if (bytes - before < Math.max(LEAST_GROWTH_BYTES, before / LEAST_GROWTH_SHARE)) return before;
  const end = { seq: entry.seq, hash, data: entry.data as EntryData<'turn.ended'> };
  // What is kept is what is the case now; the session goes on meanwhile.
  const fold = { state, contents: [...contents], seqs: [...seqs], remembered: structuredClone(remembered), lastReply };
  const place = await journal.place(session);
  await marked;
  await ingress.sync();
  const snapshot: Snapshot = { session, sources, place, end, bytes, ...fold };
  await snapshots.write(session, snapshot);
  return bytes;
}
