/** Hard links: what is hidden may have another name in the project, by which a command would see it. */
import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Of all that is hidden, upper levels first: browsers keep very many files. */
const MOST_HIDDEN = 2000;
/** A project is looked through only where something hidden has other names. */
const MOST_OF_PROJECT = 200_000;
/** What lies in hidden folders is looked at so often at most: nobody here makes links to it. */
const LOOKED_AT_EVERY_MS = 60_000;

let known: { key: string; at: number; names: ReadonlyMap<string, string> } | undefined;

/**
 * Paths of the project that are other names of a file which is hidden, or lies in a folder that is, each with that one. `now`: ms UTC.
 * @throws Error when the project can't be looked through
 */
export function otherNames(projectRoot: string, hidden: readonly string[], now: number): [path: string, of: string][] {
  const names = severalNames(hidden, now);
  if (names.size === 0) return [];
  const found: [string, string][] = [];
  const isAll = eachBelow([projectRoot], MOST_OF_PROJECT, (path, stats) => {
    const of = names.get(idOf(stats));
    if (of !== undefined && of !== path) found.push([path, of]);
  });
  if (!isAll)
    throw new Error(`${[...names.values()][0]} has other names, and the project is too large to look for them`);
  return found;
}

/** By inode. */
function severalNames(hidden: readonly string[], now: number): ReadonlyMap<string, string> {
  const key = hidden.join('\n');
  if (known?.key === key && now >= known.at && now - known.at < LOOKED_AT_EVERY_MS) return known.names;
  const names = new Map<string, string>();
  eachBelow(hidden, MOST_HIDDEN, (path, stats) => {
    if (stats.isFile() && stats.nlink > 1n) names.set(idOf(stats), path);
  });
  known = { key, at: now, names };
  return names;
}

/** Of these and of all in them, as many as that, level by level. Gives whether that was all. */
function eachBelow(tops: readonly string[], most: number, see: (path: string, stats: BigIntStats) => void): boolean {
  const paths = [...tops];
  for (let at = 0; at < paths.length && at < most; at++) {
    const path = paths[at]!;
    const stats = statsOf(path);
    if (stats === undefined) continue;
    see(path, stats);
    if (stats.isDirectory() && paths.length <= most) for (const name of namesIn(path)) paths.push(join(path, name));
  }
  return paths.length <= most;
}

/** What nobody may look at is hidden with the folder around it. */
function statsOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
