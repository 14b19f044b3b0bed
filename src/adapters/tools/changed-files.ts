/**
 * What was changed below folders since a time, by the change times of inodes: no program can set those. What was only moved
 * along with its folder keeps its own, so files that matter are also known by their inodes. In memory (tmpfs) no time tells of bytes
 * that are written through a mapping (mmap(2)): of what lies there nobody knows.
 */
import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isInMemory } from '../../base/files/in-memory.ts';
import type { ChangesRequest, FileMark } from '../../contract/project-files.ts';
import { isSameFolder } from './paths/other-names.ts';

/** More are not looked at: it is to take moments. */
const MOST_ENTRIES = 100_000;
const FOLDERS_AT_ONCE = 32;
/** Clocks of file systems are coarse. */
const GRANULARITY_MS = 1000;
const NS_A_MS = 1_000_000n;
/** Told as a whole: programs keep them, and nobody reads them file by file. */
const WHOLE = new Set(['.git', 'node_modules']);

/** By what files are known, wherever they go. Those that are not there have none. */
export function marksOf(paths: readonly string[]): FileMark[] {
  return paths.flatMap((path) => {
    const stats = statsOf(path);
    return stats === undefined ? [] : [{ path, inode: inodeOf(stats) }];
  });
}

/** Undefined: nobody knows, as there is too much, or time went back. */
export async function changesIn(request: ChangesRequest, home: string, now: number): Promise<string[] | undefined> {
  const { since, folders, most } = request;
  if (now < since) return undefined;
  const isChanged = changedSince(request);
  const found = new Set<string>();
  /** `of`: the folder as which all that lies in it is told. */
  const waiting: { folder: string; of?: string }[] = folders.map((folder) => ({ folder }));
  /** By device. */
  const unknown = new Map<bigint, boolean>();
  let looked = 0;
  for (let read = 1; waiting.length > 0; read++) {
    const { folder, of } = waiting.shift()!;
    if (of !== undefined && found.has(of)) continue;
    const names = namesIn(folder);
    if (names === undefined) found.add(of ?? folder); // what is in it can't be told apart
    for (const name of names ?? []) {
      const path = join(folder, name);
      const stats = statsOf(path);
      // A name that is no text: nobody can say whether it was changed, or what it holds.
      if (stats === undefined && name.includes('\ufffd')) found.add(of ?? folder);
      if (stats === undefined || (stats.isDirectory() && isSameFolder(home, path))) continue;
      if (++looked > MOST_ENTRIES) return undefined;
      if (!unknown.has(stats.dev)) unknown.set(stats.dev, isInMemory(folder));
      if (unknown.get(stats.dev)) return undefined;
      if (isChanged(path, stats)) found.add(of ?? path);
      else if (stats.isDirectory()) {
        const whole = of ?? (WHOLE.has(name) ? path : undefined);
        waiting.push({ folder: path, ...(whole !== undefined && { of: whole }) });
      }
    }
    if (found.size > most) return undefined;
    if (read % FOLDERS_AT_ONCE === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return [...found];
}

/**
 * A folder in which something came or went is told only where it is new itself, or was renamed: that alone changes no
 * other of its times.
 */
function changedSince({ since, marks }: ChangesRequest): (path: string, stats: BigIntStats) => boolean {
  const first = BigInt(since - GRANULARITY_MS) * NS_A_MS;
  const marked = new Map(marks.map(({ path, inode }) => [inode, path]));
  return (path, stats) => {
    const before = marked.get(inodeOf(stats));
    if (before !== undefined && before !== path) return true;
    if (stats.ctimeNs < first) return false;
    return !stats.isDirectory() || stats.birthtimeNs >= first || stats.ctimeNs !== stats.mtimeNs;
  };
}

function inodeOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function statsOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch {
    return undefined; // it is not there, or went meanwhile
  }
}

/** Undefined: it may not be read. */
function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? [] : undefined;
  }
}
