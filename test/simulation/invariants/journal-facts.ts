/** What a journal's entries say, for those who judge. */
import type { Entry, EntryOf, EntryType } from '../../../src/contract/entries.ts';
import type { World } from '../world/parts.ts';

export function entriesOf<T extends EntryType>(entries: readonly Entry[], type: T): EntryOf<T>[] {
  return entries.filter((entry): entry is EntryOf<T> => entry.type === type);
}

/** Was a message stopped or dropped before its session, which has these entries, got it? */
export function endedUnseen({ ledger }: World, entries: readonly Entry[] = [], event_id: string): boolean {
  if (!ledger.ended.has(event_id)) return false;
  return !entriesOf(entries, 'input.received').some(({ data }) => data.event_id === event_id);
}

/** Those of the session itself: a fork begins with what was another's. */
export function ownEntries(entries: readonly Entry[]): readonly Entry[] {
  return entries.slice(entries.findLastIndex(({ type }) => type === 'session.forked') + 1);
}

/** The entries of each turn, by its number. */
export function turnsOf(entries: readonly Entry[]): Map<number, Entry[]> {
  const turns = new Map<number, Entry[]>();
  let open: Entry[] | undefined;
  for (const entry of entries) {
    if (entry.type === 'turn.started') turns.set(entry.data.turn, (open = []));
    open?.push(entry);
    if (entry.type === 'turn.ended') open = undefined;
  }
  return turns;
}
