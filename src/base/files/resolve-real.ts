import { type Dirent, lstatSync, readdirSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { isInside } from '../is-inside.ts';
import type { Failure } from '../failure.ts';

export interface RealPath {
  real: string;
  kind: 'file' | 'dir' | 'missing' | 'other';
  /** Links that were followed, where each really lies. */
  links: string[];
}

/** As the kernel has it (ELOOP). */
const MAX_LINKS = 40;

/**
 * Where an absolute path really leads: links resolved component by component, also behind components that do not
 * exist, so that what would be created there is judged by its real place. `..` goes up from where a link led, as in
 * the kernel.
 */
export function resolveReal(path: string): RealPath | Failure {
  let pending = path.split('/');
  let real = '/';
  const links: string[] = [];
  while (pending.length > 0) {
    const segment = pending.shift()!;
    if (segment === '' || segment === '.') continue;
    const next = segment === '..' ? dirname(real) : inFolder(real, segment);
    const found = statsOf(next);
    if (found && 'code' in found) return found;
    if (!found?.isSymbolicLink()) {
      real = next;
      continue;
    }
    if (links.push(next) > MAX_LINKS) return { code: 'not_found', message: `${path} leads through too many links` };
    const target = targetOf(next);
    if (target === undefined) {
      pending.unshift(segment); // it isn't a link any more
      continue;
    }
    if (target.startsWith('/')) real = '/';
    pending = [...target.split('/'), ...pending];
  }
  const stats = statsOf(real);
  if (stats && 'code' in stats) return stats;
  const kind = !stats ? 'missing' : stats.isFile() ? 'file' : stats.isDirectory() ? 'dir' : 'other';
  return { real, kind, links };
}

/** Of a path in normal form, and a name: nothing is left to be made of it. */
const inFolder = (folder: string, name: string): string => (folder === '/' ? `/${name}` : `${folder}/${name}`);

/** Undefined: something else has come in the place of the link. */
function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    if (['EINVAL', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Where an absolute path really leads; the path itself where nobody here can know. */
export function realOf(path: string): string {
  const found = resolveReal(path);
  return 'code' in found ? path : found.real;
}

/**
 * The same of what is there, as quickly as it can be found. Undefined: there is nothing, or nobody here may look.
 * @throws Error of the system where it `must` be seen and nobody may look
 */
export function realPathOf(path: string, must = false): string | undefined {
  try {
    // Most of what is asked for isn't there, which a failing call would tell slowly.
    return isAbsolute(path) && lstatSync(path, { throwIfNoEntry: false }) ? realpathSync.native(path) : undefined;
  } catch (error) {
    if (must && (error as NodeJS.ErrnoException).code === 'EACCES') throw error;
    return undefined;
  }
}

export interface Linked {
  /** Where it leads. */
  paths: string[];
  /** The links that were followed, where each really lies. */
  links: string[];
}

/** So many entries of a folder and its folders are looked at. */
const MOST_ENTRIES = 1000;

/** Where a path, and what it holds as a folder, really leads, as far as links lead it elsewhere. `levels`: also what its folders hold. */
export function linkedFrom(path: string, levels = 1): Linked {
  const found = resolveReal(path);
  if ('code' in found) return { paths: [], links: [] };
  const { real, kind, links } = found;
  const inside = kind === 'dir' ? linksIn(real, levels).map(leadOf) : [];
  return {
    paths: [...(real === path ? [] : [real]), ...inside.flatMap((one) => one.paths)],
    links: [...links, ...inside.flatMap((one) => one.links)],
  };
}

/** Links in a folder; `levels`: also in its folders. None: it isn't there, or can't be listed. */
export function linksIn(top: string, levels = 1): string[] {
  const folders = [{ path: top, level: 1 }];
  const links: string[] = [];
  let left = MOST_ENTRIES;
  for (const { path: folder, level } of folders) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) links.push(path);
      else if (level < levels && entry.isDirectory() && left > 0) folders.push({ path, level: level + 1 });
      left--;
    }
  }
  return links;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // none that can be listed
  }
}

function leadOf(link: string): Linked {
  const found = resolveReal(link);
  return 'code' in found ? { paths: [link], links: [link] } : { paths: [found.real], links: found.links };
}

/**
 * The link of a folder by which a path leads out of it; undefined: none does. Whoever may change what is in the folder
 * could have put it there; `..` in the path itself is the word of whoever named it.
 */
export function linkOutOf(folder: string, { real, links }: RealPath): string | undefined {
  return isInside(folder, real) ? undefined : links.findLast((link) => isInside(folder, link));
}

function statsOf(path: string): Stats | Failure | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false }); // most isn't there, and to throw takes longer than to look
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    return { code: 'no_permission', message: `${path} can't be looked at: ${String(code)}` };
  }
}
