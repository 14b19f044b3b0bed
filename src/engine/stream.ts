/** What a runner tells its listeners, as `runtime.event.v1`. */
import { RuntimeError } from '../contract/errors.ts';
import type { Seq } from '../contract/entries.ts';
import type { Journal, StoredEntry } from '../contract/ports.ts';
import type { EntryEvent, StreamEvent } from '../contract/stream.ts';
import type { RunnerEvent } from './session/runner.ts';

export function toStreamEvent(session: string, event: RunnerEvent, now: number): StreamEvent {
  if (event.kind === 'entry') return entryEvent(session, event.stored, event.turn);
  return {
    schemaVersion: 'runtime.event.v1',
    id: null,
    seq: event.seq,
    at: now,
    scope: { kind: 'session', id: session },
    turn: event.turn,
    type: 'delta',
    data: event.delta,
  };
}

export function entryEvent(session: string, { id, entry }: StoredEntry, turn: number | undefined): EntryEvent {
  return {
    schemaVersion: 'runtime.event.v1',
    id,
    seq: entry.seq,
    at: entry.at,
    scope: { kind: 'session', id: session },
    ...(turn !== undefined && { turn }),
    type: entry.type,
    data: entry.data,
  };
}

/** Gives each entry of a journal its turn, in order; `turn`: the one that is open before the first. */
export function createTurnCounter(turn?: number): (stored: StoredEntry) => number | undefined {
  return ({ entry }) => {
    if (entry.type === 'turn.started') turn = entry.data.turn;
    const of = turn;
    if (entry.type === 'turn.ended') turn = undefined;
    return of;
  };
}

/** Entries of most turns. */
const LOOK_BACK = 256;

/** The turn that is open behind an entry. */
export async function turnBehind(
  journal: Pick<Journal, 'read'>,
  session: string,
  seq: Seq,
): Promise<number | undefined> {
  let last = seq;
  for (let back = LOOK_BACK; last > 0; back *= 8) {
    const from = Math.max(0, last - back);
    const turnOf = createTurnCounter();
    let turn: number | undefined;
    let known = from === 0;
    const end = await journal.read(
      session,
      (stored) => {
        if (stored.entry.seq > last) return;
        known ||= stored.entry.type === 'turn.started' || stored.entry.type === 'turn.ended';
        turn = turnOf(stored);
        if (stored.entry.type === 'turn.ended') turn = undefined;
      },
      { after: from },
    );
    if (known) return turn;
    last = Math.min(last, end.seq); // asked for what isn't there yet
  }
  return undefined;
}

/** A page of a journal: at most `limit` entries behind `after`. @throws RuntimeError not_found */
export async function entriesBehind(
  journal: Pick<Journal, 'read'>,
  session: string,
  after: Seq,
  limit: number,
): Promise<{ entries: EntryEvent[]; has_more: boolean }> {
  const turnOf = createTurnCounter(await turnBehind(journal, session, after));
  const entries: EntryEvent[] = [];
  const enough = new Error('the page is full');
  let has_more = false;
  try {
    const { status } = await journal.read(
      session,
      (stored) => {
        has_more = entries.length === limit;
        if (has_more) throw enough;
        entries.push(entryEvent(session, stored, turnOf(stored)));
      },
      { after },
    );
    if (status === 'absent') throw new RuntimeError('not_found', `There is no session ${session}.`);
  } catch (thrown) {
    if (thrown !== enough && !(thrown instanceof Error && thrown.cause === enough)) throw thrown;
  }
  return { entries, has_more };
}
