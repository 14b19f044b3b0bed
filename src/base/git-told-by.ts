/**
 * Paths by which settings of git (git-config(1)) say what git runs beyond its own folder: where hooks lie, further files of
 * settings, and programs. Read for what is to be guarded: rather too many are found than one too few.
 */
import { lstatSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { shortText } from './files/open-file.ts';
import { type Linked, linkedFrom } from './files/resolve-real.ts';
import { remembering } from './remembering.ts';
import { type GitSetting, mayRunCode, settingsIn } from './git-settings.ts';

export interface Around {
  /** Of the project: the root of a repository, or somewhere in one. */
  folder: string;
  /** Folders of the person, with settings of their own; the first is what `~/` means. */
  homes: readonly string[];
}

type Read = (path: string) => string | undefined;

export interface Files {
  /** Undefined: there is no such file. */
  read: Read;
  /** Where this path leads, and what it holds, as far as that is by links. */
  links(path: string): Linked;
}

/** In bytes: nothing of git's that somebody wrote is longer. */
export const LONGEST_READ = 1024 * 1024;

export const ON_DISK: Files = { read: (path) => shortText(path, LONGEST_READ), links: linkedFrom };

export interface Told {
  /** Absolute. */
  path: string;
  /**
   * `repository`: where it lies elsewhere than in `.git`. `hooks`, `settings`: a file or a folder, with all in it. `program`,
   * `alias`: a file that is run, by git or when somebody asks for it. `link`: by which one of these is found.
   */
  as: 'repository' | 'hooks' | 'settings' | 'program' | 'alias' | 'link';
}

/** Of every repository that the folder may be in, as whoever makes a nearer one in it may take that away again. */
export function gitToldBy(files: Files, { folder, homes }: Around): Told[] {
  const read = remembering(files.read); // settings of the person are those of every repository
  const ofHomes = homes.flatMap((home) => [join(home, '.gitconfig'), join(home, '.config/git/config')]);
  return foldersFrom(folder).flatMap((worktree) => {
    const folders = repositoryOf(read, worktree);
    const own = folders.flatMap((one) => SETTINGS.map((name) => join(one, name))).filter((path) => read(path) !== undefined); // prettier-ignore
    if (own.length === 0 && worktree !== folder) return [];
    const told = toldBy(read, new Set([...own, ...ofHomes]), worktree, homes[0] ?? '/');
    const hooks = folders.map((one) => join(one, 'hooks'));
    const linked = [...new Set([...own, ...hooks, ...told.map(({ path }) => path)])].map((path) => files.links(path));
    const elsewhere = folders.filter((one) => one !== join(worktree, '.git'));
    return [
      ...elsewhere.map((path): Told => ({ path, as: 'repository' })),
      ...told,
      ...linked.flatMap(({ paths }) => paths.map((path): Told => ({ path, as: 'hooks' }))),
      ...linked.flatMap(({ links }) => links.map((path): Told => ({ path, as: 'link' }))),
    ];
  });
}

/** The folder itself, and those that hold it, the nearest first. */
function foldersFrom(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersFrom(above)];
}

/** The nearest one that is a repository, or a worktree of one. */
export function worktreeOf(folder: string): string | undefined {
  return foldersFrom(folder).find((one) => lstatSync(join(one, '.git'), { throwIfNoEntry: false }) !== undefined);
}

export const SETTINGS = ['config', 'config.worktree'];

/** Its folder; of a worktree or a submodule where its file `.git` says, and it may share another's, which is the last then. */
export function repositoryOf(read: Read, worktree: string): string[] {
  const at = join(worktree, '.git');
  const elsewhere = /^gitdir: (.+)/.exec(read(at) ?? '')?.[1];
  const git = elsewhere === undefined ? at : resolve(worktree, elsewhere);
  const common = resolve(git, read(join(git, 'commondir'))?.trim() ?? '');
  return [...new Set([git, common])];
}

/** More is no settings that somebody wrote. */
const MOST_FILES = 20;
const MOST_TOLD = 2000;
const MOST_FOLDERS = 8;

function toldBy(read: Read, files: Set<string>, worktree: string, home: string): Told[] {
  const found: Told[] = [];
  // What is added meanwhile is read, too.
  for (const file of files) {
    for (const setting of settingsIn(read(file) ?? '').settings) {
      const told = plain(setting.value);
      const path = (from: string): string[] => named(told, from, home);
      const name = `${setting.section}.${setting.key}`;
      if (name === 'include.path' || name === 'includeif.path') {
        for (const included of path(dirname(file))) {
          found.push({ path: included, as: 'settings' });
          if (files.size < MOST_FILES) files.add(included);
        }
      } else if (name === 'core.hookspath' || name === 'init.templatedir') {
        // Hooks of husky run the files beside their folder.
        for (const one of path(worktree).flatMap((hooks) => [hooks, ...(basename(hooks) === '_' ? [dirname(hooks)] : [])])) found.push({ path: one, as: 'hooks' }); // prettier-ignore
      } else if (namesProgram(setting)) {
        const as = setting.section === 'alias' ? 'alias' : 'program';
        for (const one of programsIn(told.replace(/^ext::/, ''), worktree, home))
          if (found.length < MOST_TOLD) found.push({ path: one, as });
      }
    }
  }
  return found;
}

/** A program that is the other end of a remote (git-remote-ext(1)). */
const EXTERNAL = /^"?ext::/;

/** Their values are places, or rules of a transport. */
const NO_PROGRAMS = new Set(['safe', 'maintenance', 'gc', 'remote', 'url', 'protocol', 'http', 'init', 'receive']);

function namesProgram(setting: GitSetting): boolean {
  if (setting.section === 'remote') return setting.key.endsWith('pack') || EXTERNAL.test(setting.value);
  if (setting.section === 'alias' || setting.section === 'submodule')
    return setting.value.replace('"', '').startsWith('!');
  return mayRunCode(setting) && !NO_PROGRAMS.has(setting.section);
}

const BETWEEN_COMMANDS = /[;|&(){}\n!]+/;
const INTERPRETER =
  /(?:^|\/)(?:(?:ba|da|z|k)?sh|python[\d.]*|node|perl|ruby|php|lua|deno|exec|env|command|source|sudo|time|nice|\.)$/;
/** With a folder, or with an ending. */
const NAMES_FILE = /\/|\.\w+$/;

/** By what everybody writes it in such lines, each ends up as the folder that git runs it in, or a home. */
const ROOT = /\$\(git rev-parse --show-toplevel\)|`git rev-parse --show-toplevel`|\$\{?PWD\}?/g;
const HOME = /\$\{?HOME\}?/g;

/** Of a line of a shell: what stands where a command does, or first behind a program that runs it. It may go to another folder. */
function programsIn(line: string, worktree: string, home: string): string[] {
  const folders = new Set([worktree]);
  const found = new Set<string>();
  const spelt = line.replace(ROOT, '.').replace(HOME, '~');
  for (const command of spelt.split(BETWEEN_COMMANDS)) {
    const words = wordsIn(command);
    if (words[0] === 'cd' || words[0] === 'pushd') {
      const more = words.slice(1).flatMap((word) => named(word, worktree, home));
      for (const one of more) if (folders.size < MOST_FOLDERS) folders.add(one);
    } else {
      for (const word of runIn(words))
        for (const one of folders) for (const path of named(word, one, home)) found.add(path);
    }
  }
  return [...found];
}

/** Without quotes, which may stand around a part of a name. */
function wordsIn(command: string): string[] {
  const words = command.replace(/["']/g, '').split(/[\s`$<>]+/);
  return words.filter((word) => word !== '' && !/^\w+=/.test(word));
}

function runIn(words: readonly string[]): string[] {
  const found: string[] = [];
  for (const word of words) {
    if (found.length > 0 && word.startsWith('-')) continue;
    found.push(word);
    if (!INTERPRETER.test(word)) break;
  }
  return found.filter((word) => NAMES_FILE.test(word));
}

function named(path: string, from: string, home: string): string[] {
  if (path === '') return [];
  if (path.startsWith('/')) return [path];
  return [path.startsWith('~/') ? join(home, path.slice(2)) : join(from, path)];
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
