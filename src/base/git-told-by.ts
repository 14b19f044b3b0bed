/**
 * Paths by which settings of git (git-config(1)) say what git runs beyond its own folder: where hooks lie, and further files of
 * settings. Read for what is to be guarded: rather too many are found than one too few.
 */
import { basename, dirname, join, resolve } from 'node:path';

/** A line with its name and value; a section may stand before it on the same line. */
const SETTING = /^[^\S\n]*(?:\[[^\]\n]*\][^\S\n]*)*(hookspath|path)[^\S\n]*=[^\S\n]*((?:\\\n|[^\n])*)$/gim;

export interface Around {
  /** Of the project: the root of a repository, or somewhere in one. */
  folder: string;
  /** Folders of the person, with settings of their own; the first is what `~/` means. */
  homes: readonly string[];
}

type Read = (path: string) => string | undefined;

/**
 * Absolute paths of folders of hooks, and of files of settings that others name; of every repository that the folder may be
 * in, as whoever makes a nearer one in it may take that away again. `read`: undefined where there is no such file.
 */
export function gitToldBy(readOnce: Read, { folder, homes }: Around): string[] {
  const read = remembering(readOnce);
  const ofHomes = homes.flatMap((home) => [join(home, '.gitconfig'), join(home, '.config/git/config')]);
  const found = foldersFrom(folder).flatMap((worktree) => {
    const own = settingsOf(read, worktree);
    if (own.length === 0 && worktree !== folder) return [];
    return toldBy(read, new Set([...own, ...ofHomes]), worktree, homes[0] ?? '/');
  });
  return [...new Set(found)];
}

/** Settings of the person are those of every repository. */
function remembering(read: Read): Read {
  const known = new Map<string, string | undefined>();
  return (path) => {
    if (!known.has(path)) known.set(path, read(path));
    return known.get(path);
  };
}

/** The folder itself, and those that hold it. */
function foldersFrom(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersFrom(above)];
}

/** Those that are there. Of a worktree or a submodule they lie where its file `.git` says, and it may share another's. */
function settingsOf(read: Read, worktree: string): string[] {
  const at = join(worktree, '.git');
  const elsewhere = /^gitdir: (.+)/.exec(read(at) ?? '')?.[1];
  const git = elsewhere === undefined ? at : resolve(worktree, elsewhere);
  const common = resolve(git, read(join(git, 'commondir'))?.trim() ?? '');
  const paths = [git, common].flatMap((one) => ['config', 'config.worktree'].map((name) => join(one, name)));
  return paths.filter((path) => read(path) !== undefined);
}

function toldBy(read: Read, files: Set<string>, worktree: string, home: string): string[] {
  const found: string[] = [];
  // What is added meanwhile is read, too.
  for (const file of files) {
    for (const [, name, value] of (read(file) ?? '').matchAll(SETTING)) {
      const isInclude = name!.toLowerCase() === 'path';
      const path = named(plain(value!), isInclude ? dirname(file) : worktree, home);
      if (path === undefined) continue;
      found.push(path);
      if (isInclude && files.size < MOST_FILES) files.add(path);
      // Hooks of husky run the files beside their folder.
      if (!isInclude && basename(path) === '_') found.push(dirname(path));
    }
  }
  return found;
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
