/** What was submitted, the oldest first. Immutable; files are somebody else's. */

export interface History {
  readonly entries: readonly string[];
}

const LONGEST_HISTORY = 1000;

/** Blank texts and repetitions of the entry before are left out, and the oldest when there are too many. */
export function createHistory(entries: readonly string[]): History {
  const kept = entries.filter((entry, index) => entry.trim() !== '' && entry !== entries[index - 1]);
  return { entries: kept.slice(-LONGEST_HISTORY) };
}

export function withEntry({ entries }: History, entry: string): History {
  if (entry.trim() === '' || entry === entries.at(-1)) return { entries };
  return { entries: [...entries, entry].slice(-LONGEST_HISTORY) };
}
