/**
 * What git goes by beside the project's own repository: it looks into those that its index or a commit names (submodules), and a line may
 * take it to another. Anybody may make one in the project, and its settings and hooks run code.
 */
import { lstatSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isInside } from '../../../base/is-inside.ts';
import { namesIn } from '../../../base/files/names-in.ts';
import { bytesOf } from '../../../base/files/open-file.ts';
import { bareToldBy, gitToldBy, ON_DISK, repositoryOf, SETTINGS, worktreeOf } from '../../../base/git-told-by.ts';
import {
  GITLINK,
  indexEntries,
  isIndexName,
  LONGEST_INDEX,
  type ObjectFormat,
  objectFormatOf,
} from '../../../base/git-index.ts';
import type { ShellWord } from '../shell/words.ts';
import { listingOf } from './folder-listing.ts';
import { otherEnds } from './git-other-ends.ts';

const MOST_REPOSITORIES = 50;
const MOST_FOLDERS = 10_000;

export interface GoneBy {
  /** Files, there or not. */
  paths: string[];
  /** Which of these say of a worktree that it lies out of the project, and where. */
  elsewhere: { path: string; real: string }[];
  /** Else there may be others. */
  isAll: boolean;
}

/** What git is called with. */
export interface GitCalls {
  /** Of the line, as they may name repositories. */
  words: readonly string[];
  /** Those that can name nothing else. */
  ends: readonly ShellWord[];
  /** Whether all that lie there count: where commands are confined, these may have put some there. */
  all: boolean;
}

/**
 * By what git goes in these folders: it looks into repositories that its index names, or a commit (`git show --submodule`), or that a
 * command puts there first; and where it speaks with another, it runs the hooks and programs of that one, too.
 */
export function filesOfRepositories(folders: readonly string[], root: string, { words, ends, all }: GitCalls): GoneBy {
  const own = worktreeOf(root);
  const worktrees = new Set([root, ...folders].flatMap((one) => worktreeOf(one) ?? []));
  const paths: string[] = [];
  /** What lies in these is found already. */
  const looked: string[] = [];
  let isAll = true;
  for (const worktree of worktrees) {
    const [git, shared] = repositoryOf(ON_DISK.read, worktree);
    if (worktree !== own) paths.push(...filesOf(worktree, [git!, shared ?? git!]));
    const linked = linkedBy(git!, ON_DISK.read(join(shared ?? git!, 'config')) ?? '');
    const isLookedThrough = !all || looked.some((one) => isInside(one, worktree));
    const within = isLookedThrough ? [] : foldersWith('.git', worktree)?.filter((folder) => folder !== worktree);
    looked.push(worktree);
    const stored = foldersWith('HEAD', join(shared ?? git!, 'modules'));
    paths.push(...(stored ?? []).flatMap(ownFilesOf), ...worktreesOf(shared ?? git!));
    isAll &&= linked !== undefined && within !== undefined && stored !== undefined;
    for (const other of [...(linked ?? []).map((name) => join(worktree, name)), ...(within ?? [])]) {
      if (!has(join(other, '.git'))) continue;
      if (worktrees.size < MOST_REPOSITORIES) worktrees.add(other);
      else isAll = false;
    }
  }
  const other = otherEnds([...worktrees], folders, words, ends);
  for (const git of other.folders) paths.push(...filesOfBare(git));
  const elsewhere = paths.filter((path) => WORKTREE.test(path)).flatMap((path) => leadOf(path, root));
  return { paths, elsewhere, isAll: isAll && other.isAll && paths.every(isSaid) };
}

/** By itself: its settings, what these name, and its hooks. */
function filesOfBare(git: string): string[] {
  const told = bareToldBy(ON_DISK, git, homedir()).map(({ path }) => path);
  return [join(git, 'commondir'), ...ownFilesOf(git), ...worktreesOf(git), ...withFilesIn(told)];
}

const WORKTREE = /\/worktrees\/[^/]+\/gitdir$/;

function leadOf(path: string, root: string): GoneBy['elsewhere'] {
  const real = ON_DISK.read(path)?.trim();
  if (real === undefined || real === '') return [];
  const at = resolve(dirname(path), real);
  return isInside(root, at) ? [] : [{ path, real: at }];
}

/** What says where its further worktrees lie, which git writes to, moves and removes: anybody may say so. */
function worktreesOf(git: string): string[] {
  return filesIn(join(git, 'worktrees')).flatMap((one) => ['gitdir', 'commondir'].map((name) => join(one, name)));
}

/** Undefined: nobody knows, as there is more than is looked through, or names that can't be said. */
function foldersWith(mark: string, around: string): string[] | undefined {
  const found: string[] = [];
  const folders = [around];
  for (let at = 0; at < folders.length; at++) {
    const folder = folders[at]!;
    const listing = at < MOST_FOLDERS ? listingOf(folder) : undefined;
    if (!listing?.isText) return undefined;
    if (listing.marks.includes(mark)) found.push(folder);
    for (const name of listing.folders) folders.push(join(folder, name));
  }
  return found;
}

/** Names are bytes: those that are no UTF-8 have become others. */
function isSaid(name: string): boolean {
  return !name.includes('\ufffd');
}

function has(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Its settings, what these name, and its hooks. */
function filesOf(worktree: string, folders: readonly string[]): string[] {
  const told = gitToldBy(ON_DISK, { folder: worktree, homes: [], home: homedir() })
    .filter(({ as }) => as !== 'link')
    .map(({ path }) => path);
  return [join(worktree, '.git'), ...folders.flatMap(ownFilesOf), ...withFilesIn(told)];
}

function ownFilesOf(git: string): string[] {
  const hooks = filesIn(join(git, 'hooks')).filter((path) => !path.endsWith('.sample'));
  return [...SETTINGS.map((name) => join(git, name)), ...hooks];
}

function withFilesIn(told: readonly string[]): string[] {
  return [...told, ...told.flatMap(filesIn)];
}

function filesIn(folder: string): string[] {
  return (namesIn(folder) ?? []).map((name) => join(folder, name));
}

/** By all parts of its index. Undefined: nobody knows, as one can't be read, or has names that can't be said. */
function linkedBy(git: string, settings: string): string[] | undefined {
  const format = objectFormatOf(settings);
  const parts = (namesIn(git) ?? []).filter(isIndexName);
  const linked = parts.map((name) => linksIn(join(git, name), format));
  return linked.every((names) => names?.every(isSaid)) ? linked.flatMap((names) => names ?? []) : undefined;
}

function linksIn(index: string, format: ObjectFormat): string[] | undefined {
  const bytes = bytesOf(index, LONGEST_INDEX);
  const entries = bytes && indexEntries(bytes, format);
  return entries?.filter(({ mode }) => mode === GITLINK).map(({ name }) => Buffer.from(name, 'latin1').toString());
}
