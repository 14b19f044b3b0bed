/**
 * Paths by which settings of git (git-config(1)) say what git runs beyond its own folder: where hooks lie, and further files of
 * settings. Read for what is to be guarded: rather too many are found than one too few.
 */
import { dirname, join } from 'node:path';

/** A line with its name and value; a section may stand before it on the same line. */
const SETTING = /^[^\S\n]*(?:\[[^\]\n]*\][^\S\n]*)*(hookspath|path)[^\S\n]*=[^\S\n]*((?:\\\n|[^\n])*)$/gim;

export interface Repository {
  /** The folder `.git`, and what it is of. */
  git: string;
  worktree: string;
  /** Folders of the person, with settings of their own; the first is what `~/` means. */
  homes: readonly string[];
}

/** Absolute paths of folders of hooks, and of files of settings that others name. `read`: undefined where there is no such file. */
export function gitToldBy(read: (path: string) => string | undefined, { git, worktree, homes }: Repository): string[] {
  const own = [...['config', 'config.worktree'].map((name) => join(git, name)), ...homes.flatMap((home) => [join(home, '.gitconfig'), join(home, '.config/git/config')])]; // prettier-ignore
  const found = new Set<string>();
  const files = new Set(own);
  // What is added meanwhile is read, too.
  for (const file of files) {
    for (const [, name, value] of (read(file) ?? '').matchAll(SETTING)) {
      const isInclude = name!.toLowerCase() === 'path';
      const path = named(plain(value!), isInclude ? dirname(file) : worktree, homes[0] ?? '/');
      if (path === undefined) continue;
      found.add(path);
      if (isInclude && files.size < MOST_FILES) files.add(path);
    }
  }
  return [...found];
}

const MOST_FILES = 20;

function named(path: string, from: string, home: string): string | undefined {
  if (path === '') return undefined;
  if (path.startsWith('/')) return path;
  return path.startsWith('~/') ? join(home, path.slice(2)) : join(from, path);
}

/** Without quotes, comments and what joins lines. */
function plain(value: string): string {
  let text = '';
  let isQuoted = false;
  for (const [one, escaped] of value.matchAll(/\\([^])|[^]/g)) {
    if (escaped !== undefined) text += escaped === '\n' ? '' : escaped;
    else if (one === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (one === '#' || one === ';')) break;
    else text += one;
  }
  return text.trim();
}
