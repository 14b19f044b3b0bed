/**
 * By what lies in its own folder git is led elsewhere as well, told to do something of every day: it writes and deletes through
 * links, and reads and writes the files that its index names. A command may leave such, and nothing can keep it from that but a
 * repository that can't be changed at all.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { digestOf } from '../../base/digest.ts';
import { bytesOf } from '../../base/files/open-file.ts';
import { isIndexName, LONGEST_INDEX, staysInside } from '../../base/git-index.ts';
import { entriesAt } from './git-names.ts';
import { createListings } from '../../base/files/listings.ts';
import { LOOK, unlock } from './unlock.ts';

/** What was there before a command. */
export interface Before {
  links: ReadonlySet<string>;
  /** Of the files by which git is led, how they were, by path. */
  files: ReadonlyMap<string, string>;
}

export interface Led {
  /** Paths, as bytes: names need be no UTF-8. */
  links: Buffer[];
  files: string[];
  /** Folders into which nobody could look. */
  unseen: Buffer[];
}

/** Whoever has more is told so. */
const MOST_FOLDERS = 5000;
/** What git remembers of merges: it reads, and writes, the files that are named there. */
const MERGED = 'MERGE_RR';
/** Where git finds objects of other repositories, which it may take over. */
const OTHERS = ['objects/info/alternates', 'objects/info/http-alternates'];
/** Of these git makes new files only, under names of their own: objects, by their first letters, and what lies beside. */
const OBJECTS = /\/(?:objects\/[0-9a-f]{2}|(?:lfs|annex)\/objects)$/;

/** @throws Error of the file system */
export function gitBefore(git: string): Before {
  const { links, names } = lookThrough(git, () => undefined);
  return { links: new Set(links.map(keyOf)), files: new Map(filesOf(git, names)) };
}

/** What leads git elsewhere by now, and didn't before. */
export function gitLedBy(git: string, before: Before): Led {
  const { links, names, unseen } = lookThrough(git, (folder) => unlock(folder, LOOK));
  const found = new Set(links.map(keyOf));
  const changed = filesOf(git, names).filter(([path, stamp]) => before.files.get(path) !== stamp);
  return {
    links: links.filter((path) => !before.links.has(keyOf(path))),
    files: changed.map(([path]) => path).filter((path) => !found.has(keyOf(Buffer.from(path))) && leads(git, path)),
    unseen,
  };
}

/** Each byte as a character. */
const keyOf = (path: Buffer): string => path.toString('latin1');

type Looked = Pick<Led, 'links' | 'unseen'> & { names: string[] };

/** All links in it, the names directly in it, and the folders into which `retry` didn't help to look. Nearest first. */
function lookThrough(git: string, retry: (folder: Buffer) => void): Looked {
  const links: Buffer[] = [];
  const unseen: Buffer[] = [];
  let names: string[] = [];
  const folders: Buffer[] = [Buffer.from(git)];
  for (let at = 0; at < folders.length; at++) {
    const folder = folders[at]!;
    if (at >= MOST_FOLDERS) return { links, names, unseen: [...unseen, folder] };
    try {
      const listing = listingAfter(folder, retry);
      for (const link of listing.links) links.push(link);
      for (const one of listing.folders) folders.push(one);
      if (at === 0) names = listing.names;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') unseen.push(folder);
    }
  }
  return { links, names, unseen };
}

function listingAfter(folder: Buffer, retry: (folder: Buffer) => void): Listing {
  try {
    return listingOf(folder, systemClock.now());
  } catch {
    retry(folder);
    return listingOf(folder, systemClock.now());
  }
}

interface Listing {
  links: Buffer[];
  folders: Buffer[];
  /** Of the files by which git is led. */
  names: string[];
}

const SLASH = Buffer.from('/');
/** By such a link Emacs says that somebody edits a file; git never has such a name. */
const LOCK = /^\.#/;

const listingOf = createListings((folder): Listing => {
  const listing: Listing = { links: [], folders: [], names: [] };
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const name = keyOf(entry.name);
    const path = Buffer.concat([folder, SLASH, entry.name]);
    if (entry.isSymbolicLink() && !LOCK.test(name)) listing.links.push(path);
    else if (entry.isDirectory() && !OBJECTS.test(keyOf(path))) listing.folders.push(path);
    if (isIndexName(name) || name === MERGED) listing.names.push(name);
  }
  return listing;
});

/** With what tells whether one was changed: its bytes, as no time does (of what is mapped, mmap(2); on tmpfs at any time). */
function filesOf(git: string, names: readonly string[]): [path: string, stamp: string][] {
  return [...names, ...OTHERS].flatMap((name) => {
    const path = join(git, name);
    const stamp = stampOf(path);
    return stamp === undefined ? [] : [[path, stamp]];
  });
}

/** Undefined: it isn't there, or nobody finds it, as a link on the way leads to itself. */
function stampOf(path: string): string | undefined {
  try {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    const bytes = found?.isFile() ? bytesOf(path, LONGEST_INDEX) : undefined;
    return bytes ? digestOf(bytes) : found && `${found.ino}:${found.size}:${found.ctimeNs}`;
  } catch {
    return undefined;
  }
}

function leads(git: string, path: string): boolean {
  const name = path.slice(git.length + 1);
  if (OTHERS.includes(name)) return true;
  const named = name === MERGED ? mergedAt(path) : entriesAt(git, path)?.map((entry) => entry.name);
  return !named?.every(staysInside);
}

/** Each: the id of a conflict, a tab, a path, NUL. Undefined: it says something else, or can't be read. */
function mergedAt(path: string): string[] | undefined {
  const records = bytesOf(path, LONGEST_INDEX)?.toString('latin1').split('\0');
  if (records?.pop() !== '') return undefined;
  const paths = records.map((record) => /^[0-9a-f]+(?:\.\d+)?\t(.+)$/s.exec(record)?.[1]);
  return paths.every((path) => path !== undefined) ? paths : undefined;
}
