/** What hidden files and folders have elsewhere as well: other names of their files, and what links in them lead to. */
import { type BigIntStats, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './files/names-in.ts';
import { realPathOf } from './files/resolve-real.ts';
import { isInside } from './is-inside.ts';
import { rememberingFor } from './remembering.ts';

/** Of all that is hidden, upper levels first: browsers keep very many files. */
const MOST_HIDDEN = 2000;
/** A project is looked through only where something hidden has other names. */
const MOST_OF_PROJECT = 200_000;
/** So often at most: nobody here makes links there. */
const LOOKED_AT_EVERY_MS = 60_000;
const MOST_KNOWN = 24;

interface Contents {
  /** Files that have several names, by inode. */
  named: ReadonlyMap<string, string>;
  links: readonly { path: string; isAtTop: boolean }[];
}

/**
 * Paths of the project that are other names of a file which is hidden, or lies in a folder that is, each with that one. `now`: ms UTC.
 * @throws Error when the project can't be looked through
 */
export function otherNames(projectRoot: string, hidden: readonly string[], now: number): [path: string, of: string][] {
  const { named } = contentsOf(hidden, now);
  if (named.size === 0) return [];
  const found: [string, string][] = [];
  const isAll = eachBelow([projectRoot], MOST_OF_PROJECT, (path, stats) => {
    const of = named.get(idOf(stats));
    if (of !== undefined && of !== path) found.push([path, of]);
  });
  if (!isAll)
    throw new Error(`${[...named.values()][0]} has other names, and the project is too large to look for them`);
  return found;
}

/**
 * Links in hidden folders of homes, each with where it leads in one of these: to a file, or to a folder if it lies directly in one that is
 * hidden, as whoever keeps their settings elsewhere makes them. `now`: ms UTC.
 */
export function ledFrom(
  hidden: readonly string[],
  homes: readonly string[],
  now: number,
): [link: string, real: string][] {
  return contentsOf(hidden, now).links.flatMap(({ path, isAtTop }): [string, string][] => {
    const real = realPathOf(path);
    if (real === undefined || !homes.some((home) => isInside(home, real) && !isInside(real, home))) return [];
    return isAtTop || statsOf(real)?.isFile() === true ? [[path, real]] : [];
  });
}

const contentsOf = (hidden: readonly string[], now: number): Contents => contentsOfAll(hidden.join('\0'), now);

const contentsOfAll = rememberingFor(LOOKED_AT_EVERY_MS, MOST_KNOWN, (hidden): Contents => {
  const named = new Map<string, string>();
  const links: { path: string; isAtTop: boolean }[] = [];
  eachBelow(hidden.split('\0'), MOST_HIDDEN, (path, stats, depth) => {
    if (stats.isFile() && stats.nlink > 1n) named.set(idOf(stats), path);
    if (stats.isSymbolicLink()) links.push({ path, isAtTop: depth === 1 });
  });
  return { named, links };
});

type See = (path: string, stats: BigIntStats, depth: number) => void;

/** Of these and of all in them, as many as that, level by level. Gives whether that was all. */
function eachBelow(tops: readonly string[], most: number, see: See): boolean {
  const paths = tops.map((path) => ({ path, depth: 0 }));
  for (let at = 0; at < paths.length && at < most; at++) {
    const { path, depth } = paths[at]!;
    const stats = statsOf(path);
    if (stats === undefined) continue;
    see(path, stats, depth);
    if (!stats.isDirectory() || paths.length > most) continue;
    for (const name of namesIn(path) ?? []) paths.push({ path: join(path, name), depth: depth + 1 });
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

function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
