/**
 * Secrets of a project, held open while commands run that don't see them: a command may move the folder around one to where
 * nobody looks for it. The kernel tells where what is open lies by now.
 */
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readlinkSync, renameSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { failureOf } from '../../base/failure.ts';
import { hasProc, nameIn, openFolder } from '../../base/files/open-file.ts';
import { isInside } from '../../base/is-inside.ts';
import { shownName } from '../../base/shown-name.ts';
import { kindOf } from './git-names.ts';
import type { Place } from './place.ts';
import { setAside } from './set-aside.ts';
import { O_PATH } from './unlock.ts';

interface Holding {
  running: number;
  /** Descriptors by where each was found. */
  held: Map<string, number>;
}

/** By the root of the project. */
const holdings = new Map<string, Holding>();

/** Where those lie by now that are held and lie in the folder, of whatever project. @throws Error where that can't be said */
export function heldIn(folder: string): string[] {
  const all = [...holdings.values()].flatMap(({ held }) => [...held.values()]);
  const found = all.flatMap((fd) => placeOf(fd) ?? []).filter((path) => isInside(folder, String(path)));
  return [...new Set(found.map(named))];
}

/**
 * Of places those are held that are hidden. `isHidden`: whether the next command wouldn't see what lies there, either. Gives what ends it, which puts back
 * what went elsewhere, and says so; called again it does nothing.
 */
export function holdSecrets(
  projectRoot: string,
  places: readonly Place[],
  isHidden: (path: string) => boolean,
): () => string[] {
  const hidden = places.filter(({ path, access }) => access === 'none' && isInside(projectRoot, path));
  if (!hasProc() || hidden.length === 0) return () => [];
  const holding: Holding = holdings.get(projectRoot) ?? { running: 0, held: new Map() };
  for (const { path } of hidden) if (!holding.held.has(path)) hold(holding, path);
  holding.running += 1;
  holdings.set(projectRoot, holding);
  let hasEnded = false;
  return () => {
    if (hasEnded) return [];
    hasEnded = true;
    const said = [...holding.held].flatMap(([path, fd]) => lookAfter(projectRoot, path, fd, isHidden));
    holding.running -= 1;
    if (holding.running > 0) return said;
    for (const fd of holding.held.values()) closeSync(fd);
    holdings.delete(projectRoot);
    return said;
  };
}

function hold({ held }: Holding, path: string): void {
  try {
    held.set(path, openSync(path, O_PATH | constants.O_NOFOLLOW));
  } catch {
    // It is gone: whoever confines the command finds that, too.
  }
}

/** As bytes: names need be no UTF-8. Undefined: it is there no more. */
function placeOf(fd: number): Buffer | undefined {
  const path = readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
  const found = lstatSync(path, { throwIfNoEntry: false });
  const { ino, dev } = fstatSync(fd);
  return found?.ino === ino && found.dev === dev ? path : undefined;
}

function named(path: Buffer): string {
  if (!Buffer.from(String(path)).equals(path)) throw new Error(`${shownName(String(path))} lies where no name can be said`);
  return String(path);
} // prettier-ignore

function lookAfter(projectRoot: string, path: string, fd: number, isHidden: (path: string) => boolean): string[] {
  const name = shownName(relative(projectRoot, path));
  try {
    const place = placeOf(fd);
    const now = String(place);
    if (place === undefined || now === path || !isInside(projectRoot, now)) return [];
    if (Buffer.from(now).equals(place) && isHidden(now)) return [];
    putBack(projectRoot, path, place);
    return [`put back: ${name} (from ${shownName(relative(projectRoot, now))})`];
  } catch (error) {
    return [`not put back: ${name} (${failureOf(error).message})`];
  }
}

/** Through folders held open: a command that still runs may put a link in the place of any. */
function putBack(projectRoot: string, path: string, place: Buffer): void {
  makeFolders(projectRoot, dirname(path));
  if (kindOf(path) !== undefined) setAside(path);
  const end = place.lastIndexOf('/');
  inOpen(place.subarray(0, end), (from) => {
    inOpen(dirname(path), (to) => {
      renameSync(Buffer.concat([Buffer.from(from), place.subarray(end + 1)]), `${to}${basename(path)}`);
    });
  });
}

/** What is none on the way there is set aside. */
function makeFolders(projectRoot: string, folder: string): void {
  if (folder === projectRoot) return;
  makeFolders(projectRoot, dirname(folder));
  const kind = kindOf(folder);
  if (kind?.isDirectory() === true) return;
  if (kind) setAside(folder);
  inOpen(dirname(folder), (around) => mkdirSync(join(around, basename(folder))));
}

/** `act` is given the folder's path with a slash, which goes through its descriptor. */
function inOpen(real: string | Buffer, act: (path: string) => void): void {
  const folder = openFolder(real);
  if ('code' in folder) throw new Error(folder.message);
  try {
    act(nameIn({ fd: folder.fd, real: String(real) }, ''));
  } finally {
    closeSync(folder.fd);
  }
}
