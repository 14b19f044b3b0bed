/** What a journal's entries say, for those who judge. */
import type { Entry, EntryOf, EntryType } from '../../../src/contract/entries.ts';

export function entriesOf<T extends EntryType>(entries: readonly Entry[], type: T): EntryOf<T>[] {
  return entries.filter((entry): entry is EntryOf<T> => entry.type === type);
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
