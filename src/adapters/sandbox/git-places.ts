/** Of a project's repository: what git runs, or is told by what to run. Commands may change the rest of it. */
import { type Stats, accessSync, chmodSync, constants, lstatSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortText } from '../../base/files/open-file.ts';
import { resolveReal } from '../../base/files/resolve-real.ts';
import { gitToldBy } from '../../base/git-told-by.ts';
import { isInside } from '../../base/is-inside.ts';
import type { Place } from './place.ts';

/** Empty, they mean nothing to git: so they can be there before a command, which can't make them then. */
const FOLDER = 'hooks';
const FILES = ['config', 'config.worktree'];
/** Says where git finds the others. It can't be empty, and a folder that is a repository of its own has none. */
const COMMON = 'commondir';
/** No settings that somebody wrote are larger. */
const MOST_BYTES = 1024 * 1024;
/** What git has begun and goes on with when it is told to: what is left to do stands there. */
const BEGUN = ['rebase-merge', 'rebase-apply', 'sequencer'];
const STEPS = 'git-rebase-todo';
/** By these it says how to merge: a strategy with a path in it is a program. */
const PLAIN = /^[^/\\]*$/;
const MERGES = ['strategy', 'opts'];
const OWNERS = constants.S_IRWXU;
/** Where other repositories have theirs. */
const OTHERS = ['modules', 'worktrees'];

/** `.git` itself is a place, so that nobody renames it; as a file it says where the repository is. */
export function placesOfGit(projectRoot: string, homes: readonly string[]): Place[] {
  const elsewhere = gitToldBy(read, { folder: projectRoot, homes })
    .filter((path) => path !== projectRoot && isInside(projectRoot, path) && canBeKept(path))
    .map((path): Place => ({ path, access: 'read' }));
  const git = join(projectRoot, '.git');
  const kind = kindOf(git);
  if (kind === undefined || kind.isSymbolicLink()) return elsewhere;
  if (!kind.isDirectory()) return [{ path: git, access: 'read' }, ...elsewhere];
  try {
    accessSync(git, constants.W_OK);
    return [...placesIn(git), ...elsewhere];
  } catch {
    return [{ path: git, access: 'read' }, ...elsewhere]; // what it holds can't be seen or made, which a command could change
  }
}

function placesIn(git: string): Place[] {
  const at = (name: string): string => join(git, name);
  const others = [COMMON, ...OTHERS].filter((name) => kindOf(at(name)) !== undefined);
  // A link can't be kept from being replaced, but by keeping the folder; and what it leads to is no part of the repository.
  // A `commondir`, or what runs commands as git goes on, may be what a command made that still runs: it is set aside as that
  // ends, and then none may make another.
  const isKept =
    others.includes(COMMON) ||
    BEGUN.some((name) => runsCommands(at(name))) ||
    [FOLDER, ...FILES, ...others].some((name) => kindOf(at(name))?.isSymbolicLink());
  if (isKept) return [{ path: git, access: 'read' }];
  const known = [FOLDER, ...FILES, ...others].map((name): Place => ({ path: at(name), access: 'read' }));
  return [{ path: git, access: 'write' }, ...known];
}

/**
 * Makes what isn't there, so that no command does: what one makes, another that starts meanwhile would take for what was there.
 * Gives what sets aside, once a command has ended, what git would run by and can't be there before. @throws Error of the file system
 */
export function holdGit(projectRoot: string, places: readonly Place[]): () => void {
  const git = join(projectRoot, '.git');
  if (!places.some(({ path, access }) => path === git && access === 'write')) return () => undefined;
  if (kindOf(join(git, FOLDER)) === undefined) unlessThere(() => mkdirSync(join(git, FOLDER)));
  for (const path of FILES.map((name) => join(git, name))) {
    if (kindOf(path) === undefined) unlessThere(() => writeFileSync(path, '', { flag: 'wx' }));
  }
  return () => {
    if (isBare(projectRoot)) setAside(join(projectRoot, HEAD));
    // Where it isn't kept from being replaced: what a link leads to is another repository.
    if (!unlock(git)) return;
    if (kindOf(join(git, COMMON)) !== undefined) setAside(join(git, COMMON));
    for (const path of BEGUN.map((name) => join(git, name))) {
      unlock(path);
      if (runsCommands(path)) setAside(path);
    }
  };
}

const HEAD = 'HEAD';

/** Whether git would take the project itself for a repository, with settings of its own, were `.git` none any more. */
function isBare(projectRoot: string): boolean {
  return [HEAD, 'objects', 'refs'].every((name) => kindOf(join(projectRoot, name)) !== undefined);
}

/**
 * Whether git would run commands as it goes on with what is begun there. Of what can't be read, is too long, or is led
 * elsewhere by a link, where it may change, nobody knows.
 */
function runsCommands(folder: string): boolean {
  const kind = kindOf(folder);
  if (kind === undefined) return false;
  if (!kind.isDirectory()) return true;
  const says = (name: string, isHarmless: (text: string) => boolean): boolean => {
    const found = kindOf(join(folder, name));
    const text = found?.isFile() ? read(join(folder, name)) : undefined;
    return found !== undefined && (text === undefined || !isHarmless(text));
  };
  const runs = /^[^\S\n]*(?:x|exec)\s/m;
  return says(STEPS, (text) => !runs.test(text)) || MERGES.some((name) => says(name, (text) => PLAIN.test(text)));
}

/** Under a name that is free: nobody waits until all is removed that a command put under another, or locked there. */
function setAside(path: string): void {
  let aside = `${path}.set-aside`;
  for (let more = 2; kindOf(aside) !== undefined; more += 1) aside = `${path}.set-aside-${more}`;
  renameSync(path, aside);
}

/** A command may have taken the right to change a folder from its owner. False: there is no such folder. */
function unlock(folder: string): boolean {
  const stats = kindOf(folder);
  if (stats?.isDirectory() !== true) return false;
  if ((stats.mode & OWNERS) !== OWNERS && stats.uid === process.geteuid?.()) chmodSync(folder, (stats.mode & 0o7777) | OWNERS); // prettier-ignore
  return true;
}

/** Another command that begins at this moment makes the same. */
function unlessThere(make: () => void): void {
  try {
    make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function read(path: string): string | undefined {
  return shortText(path, MOST_BYTES);
}

/** What isn't there can't be kept, and a link, or what lies behind one, not from being replaced. */
function canBeKept(path: string): boolean {
  const found = resolveReal(path);
  return !('code' in found) && found.real === path && found.kind !== 'missing';
}

function kindOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
