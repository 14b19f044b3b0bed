/**
 * Paths by which settings of git (git-config(1)) say what git runs beyond its own folder: where hooks lie, further files of
 * settings, and programs. Read for what is to be guarded: rather too many are found than one too few.
 */
import { lstatSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { shortText } from './files/open-file.ts';
import { systemHome } from './homes.ts';
import { type Linked, linkedFrom } from './files/resolve-real.ts';
import { type GitSetting, isElsewhere, mayRunCode, settingsIn } from './git-settings.ts';
import { filesNamedIn, pathNamed, type Users } from './line-files.ts';
import { remembering } from './remembering.ts';

export interface Around {
  /** Of the project: the root of a repository, or somewhere in one. */
  folder: string;
  /** Folders of the person, with settings of their own; the first is what `~/` means. */
  homes: readonly string[];
  /** What `~/` means where the settings of no home are asked for. */
  home?: string;
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
   * `repository`: where it lies elsewhere than in `.git`. `hooks`, `settings`: a file or a folder, with all in it. `program`:
   * a file that git runs, or that is given to what it runs. `alias`: one that is run when somebody asks for it, or may be meant.
   * `link`: by which one of these is found.
   */
  as: 'repository' | 'hooks' | 'settings' | 'program' | 'alias' | 'link';
}

/** Of every repository that the folder may be in, as whoever makes a nearer one in it may take that away again. */
export function gitToldBy(files: Files, { folder, homes, home = homes[0] }: Around): Told[] {
  const read = remembering(files.read); // settings of the person are those of every repository
  const ofHomes = homes.flatMap((home) => [join(home, '.gitconfig'), join(home, '.config/git/config')]);
  return foldersFrom(folder).flatMap((worktree) => {
    const folders = repositoryOf(read, worktree);
    const own = folders.flatMap((one) => SETTINGS.map((name) => join(one, name))).filter((path) => read(path) !== undefined); // prettier-ignore
    if (own.length === 0 && worktree !== folder) return [];
    const tops = [worktree, ...treesElsewhere(read, folders)];
    const told = toldBy(read, new Set([...own, ...ofHomes]), tops, usersOf(read, home));
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

/** Of a repository without files of its own (a bare one), or of one by its own folder: git runs there what it runs. */
export function bareToldBy({ read }: Files, git: string, home: string): Told[] {
  return toldBy(remembering(read), new Set(SETTINGS.map((name) => join(git, name))), [git], usersOf(read, home));
}

export interface Remotes {
  /** Places of other repositories: folders by their path, as of this one. */
  named: { name: string; url: string }[];
  /** What other places begin with that is to mean something on this machine instead. */
  isRewritten: boolean;
}

/** The repositories that the settings of one name. */
export function remotesOf({ read }: Files, git: string): Remotes {
  const settings = SETTINGS.flatMap((name) => settingsIn(read(join(git, name)) ?? '').settings);
  const named = settings
    .filter(({ section, key }) => section === 'remote' && (key === 'url' || key === 'pushurl'))
    .map(({ sub = '', value }) => ({ name: sub, url: plain(value) }));
  const isRewritten = settings.some(
    ({ section, sub = '', key }) => section === 'url' && key.endsWith('insteadof') && !isElsewhere(sub),
  );
  return { named, isRewritten };
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

/** Where settings say that it works on the files of another folder. */
function treesElsewhere(read: Read, folders: readonly string[]): string[] {
  return folders.flatMap((git) =>
    SETTINGS.flatMap((name) => settingsIn(read(join(git, name)) ?? '').settings)
      .filter(({ section, key }) => section === 'core' && key === 'worktree')
      .map(({ value }) => resolve(git, plain(value))),
  );
}

/** What `~` and `~name` are to git. The name of whoever runs this may be known to the system alone. */
function usersOf(read: Read, home = '/'): Users {
  return (name) => {
    if (name === '') return home;
    const line = read('/etc/passwd')?.split('\n').find((one) => one.startsWith(`${name}:`)); // prettier-ignore
    return line?.split(':')[5] ?? systemHome(name);
  };
}

/** More is no settings that somebody wrote. */
const MOST_FILES = 20;
const MOST_TOLD = 2000;

/** `tops`: the folders in which git may run what it runs. */
function toldBy(read: Read, files: Set<string>, tops: readonly string[], homeOf: Users): Told[] {
  const found: Told[] = [];
  // What is added meanwhile is read, too.
  for (const file of files) {
    for (const setting of settingsIn(read(file) ?? '').settings) {
      const told = plain(setting.value);
      const path = (from: string): string[] => {
        const found = pathNamed(told, from, homeOf);
        return found === undefined ? [] : [found];
      };
      const name = `${setting.section}.${setting.key}`;
      if (name === 'include.path' || name === 'includeif.path') {
        for (const included of path(dirname(file))) {
          found.push({ path: included, as: 'settings' });
          if (files.size < MOST_FILES) files.add(included);
        }
      } else if (name === 'core.hookspath' || name === 'init.templatedir') {
        // Hooks of husky run the files beside their folder.
        for (const one of tops.flatMap(path).flatMap((hooks) => [hooks, ...(basename(hooks) === '_' ? [dirname(hooks)] : [])])) found.push({ path: one, as: 'hooks' }); // prettier-ignore
      } else if (name !== 'core.worktree' && namesProgram(setting)) {
        const as = setting.section === 'alias' ? 'alias' : 'program';
        for (const { path: one, isPlain } of filesNamedIn(told.replace(/^ext::/, ''), tops, homeOf))
          if (found.length < MOST_TOLD) found.push({ path: one, as: isPlain ? as : 'alias' });
      }
    }
  }
  return found;
}

/** A program that is the other end of a remote (git-remote-ext(1)). */
const EXTERNAL = /^"?ext::/;

/** Their values are places, or rules of a transport. */
const NO_PROGRAMS = new Set(['safe', 'maintenance', 'remote', 'url', 'protocol', 'http', 'init', 'receive']);

function namesProgram(setting: GitSetting): boolean {
  if (setting.section === 'remote') return setting.key.endsWith('pack') || EXTERNAL.test(setting.value);
  if (setting.section === 'alias' || setting.section === 'submodule')
    return setting.value.replace('"', '').startsWith('!');
  if (setting.section === 'gc') return setting.key.endsWith('hook');
  return mayRunCode(setting) && !NO_PROGRAMS.has(setting.section);
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
