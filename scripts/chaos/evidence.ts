/** What a workspace's files say, read as they stand and by none of the program's own readers. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry, EntryData, EntryType } from '../../src/contract/entries.ts';
import type { IngressRecord, UsageRecord } from '../../src/contract/records.ts';

/** A line of a chained file. */
export type Line<T> = T & { seq: number; hash: string };

/** By session. */
export type Journals = ReadonlyMap<string, Line<Entry>[]>;

export function journalsIn(workspace: string): Journals {
  return new Map(filesIn(join(workspace, 'sessions')).map(({ name, path }) => [name, linesOf(path) as Line<Entry>[]]));
}

export function acceptedIn(workspace: string): Line<IngressRecord>[] {
  return filesIn(join(workspace, 'ingress')).flatMap(({ path }) => linesOf(path) as Line<IngressRecord>[]);
}

/** The ledger's lines, month after month. */
export function usageIn(workspace: string): Line<UsageRecord>[] {
  return filesIn(join(workspace, 'usage')).flatMap(({ path }) => linesOf(path) as Line<UsageRecord>[]);
}

export function dataOf<T extends EntryType>(entries: readonly Entry[], type: T): EntryData<T>[] {
  return entries.flatMap((entry) => (entry.type === type ? [entry.data as EntryData<T>] : []));
}

/** Is a path one that a run on this workspace would use again? The session of a step gets another name each time that it is made. */
export function withKnownSteps(workspace: string): (path: string) => boolean {
  const named = [...journalsIn(workspace)].flatMap(([session, entries]) => [
    session,
    ...dataOf(entries, 'child.started').map(({ session_id }) => session_id),
  ]);
  const known = new Set(named);
  return (path) => (path.match(/\bs-[0-9a-f]{26}\b/g) ?? []).every((id) => known.has(id));
}

function filesIn(folder: string): { name: string; path: string }[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return names.toSorted().map((name) => ({ name: name.slice(0, -'.jsonl'.length), path: join(folder, name) }));
}

/** Without a last one that was cut. */
function linesOf(path: string): unknown[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as unknown); // prettier-ignore
}
