/**
 * Repositories that a line of git speaks with, or works in, by their paths, also those without files of their own (bare ones): git
 * runs their hooks, and what their settings say. Words name them, and settings of others (remotes).
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { ON_DISK, remotesOf, repositoryOf } from '../../../base/git-told-by.ts';
import { isElsewhere } from '../../../base/git-settings.ts';
import type { ShellWord } from '../shell/words.ts';
import { fileNamed, withoutEscapes } from './file-named.ts';

const MOST_REPOSITORIES = 50;
/** Each a few looks at the disk. */
const MOST_LOOKED_FOR = 2000;

export interface OtherEnds {
  /** Their own folders: `x.git`, `x/.git`. */
  folders: string[];
  /** Else there may be others. */
  isAll: boolean;
}

/** `ends`: words that can name nothing else; each is looked for in each folder, as are all others. */
export function otherEnds(
  worktrees: readonly string[],
  folders: readonly string[],
  words: readonly string[],
  ends: readonly ShellWord[],
): OtherEnds {
  const own = worktrees.flatMap((worktree) =>
    repositoryOf(ON_DISK.read, worktree).map((git) => ({ git, at: worktree })),
  );
  const known = new Set(own.map(({ git }) => git));
  const todo = [...own];
  const remotes = new Set<string>();
  let isAll = true;
  /** Whether there is one. */
  const look = (word: string, at: string): boolean => {
    const there = gitFoldersAt(fileNamed(placeIn(word), at));
    isAll &&= there !== undefined;
    for (const git of there?.filter((one) => !known.has(one)) ?? []) {
      known.add(git);
      if (todo.length < MOST_REPOSITORIES) todo.push({ git, at: git });
      else isAll = false;
    }
    return there?.length !== 0;
  };
  const wanted = words.flatMap((word) => folders.map((folder) => ({ word, folder })));
  for (const { word, folder } of wanted.slice(0, MOST_LOOKED_FOR)) look(word, folder);
  // What is found meanwhile has some, too.
  for (const { git, at } of todo) {
    const { named, isRewritten } = remotesOf(ON_DISK, git);
    isAll &&= !isRewritten;
    for (const { name, url } of named) {
      remotes.add(name);
      if (!isElsewhere(url) && !look(url, at)) isAll = false;
    }
  }
  const isKnown = ({ text, dynamic }: ShellWord): boolean =>
    !dynamic && (isElsewhere(text) || remotes.has(text) || folders.some((folder) => look(text, folder)));
  // Else it may be made by then.
  isAll = ends.every(isKnown) && isAll && wanted.length <= MOST_LOOKED_FOR;
  return { folders: todo.slice(own.length).map(({ git }) => git), isAll };
}

/** The path that a word is as a place of a repository. */
function placeIn(word: string): string {
  const path = /^file:\/\/[^/]*(\/.*)$/s.exec(word)?.[1];
  return path === undefined ? word : withoutEscapes(path);
}

/** As git looks for them: what is asked for may lack the end of its name. Undefined: nobody may look. */
function gitFoldersAt(path: string): string[] | undefined {
  const at = path.replace(/\/+$/, '');
  try {
    return [at, `${at}.git`, join(at, '.git'), join(`${at}.git`, '.git')].filter((git) =>
      ['HEAD', 'objects'].every((name) => isThere(join(git, name))),
    );
  } catch {
    return undefined;
  }
}

/** What else than its absence says that nothing is at a path. */
const NONE = new Set<string | undefined>(['ENOTDIR', 'ENAMETOOLONG', 'ELOOP']);

/** @throws Error of the system */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (NONE.has((error as NodeJS.ErrnoException).code)) return false;
    throw error;
  }
}
