/**
 * What a confined command finds where: a map of the file system from which every sandbox is made. Of several places that
 * hold a path the deepest counts.
 */
import { accessSync, constants, type Dirent, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isSecretShaped } from '../../base/secret-shaped.ts';
import { HOME_SECRETS, OWN_FOLDERS_IN_RUN, SYSTEM_SECRETS } from './secrets.ts';

/** `scratch`: an empty folder of the command's own is there instead. */
export type Access = 'read' | 'write' | 'none' | 'scratch';

export interface Place {
  /** Absolute, links resolved. */
  path: string;
  access: Access;
  /** Good to have: a level that can't do it is a level all the same. */
  soft?: true;
}

export interface Surroundings {
  /** Real path of the project: what a command may change. */
  projectRoot: string;
  /** Real path of RUNTIME_HOME. */
  runtimeHome: string;
  /** The folders of the user, real paths: that of the environment, and that of the system if it is another. */
  userHomes: readonly string[];
  /** Further paths, real ones. */
  read: readonly string[];
  write: readonly string[];
  hide: readonly string[];
}

/** Of a repository: what git runs, or takes settings from that run. `.git` itself is a place, so that nobody renames it. */
const GIT_RUNS = ['hooks', 'config', 'config.worktree', 'modules', 'worktrees'];

/** From shallow to deep, the root of the file system first. What isn't there is no place. */
export function placesOf(around: Surroundings): Place[] {
  const { projectRoot, runtimeHome, userHomes } = around;
  const access = new Map<string, Access>();
  const soft = new Set<string>();
  /** Links lead elsewhere: it is their target that counts. */
  const put = (path: string, is: Access): void => {
    const real = realPath(path);
    if (real === undefined || real === '/') return;
    // What can't be opened anyway needn't be hidden.
    if (is !== 'none' || isOpen(real)) access.set(real, is);
  };
  for (const path of SYSTEM_SECRETS) put(path, 'none');
  for (const path of OWN_FOLDERS_IN_RUN) put(path, 'read');
  for (const path of ['/tmp', '/var/tmp']) put(path, 'scratch');
  for (const home of userHomes) {
    put(home, 'read');
    for (const path of secretsIn(home)) put(path, 'none');
  }
  put(projectRoot, 'write');
  for (const path of secretsOf(projectRoot)) {
    put(path, 'none');
    soft.add(path);
  }
  const git = realPath(join(projectRoot, '.git'));
  if (git !== undefined && isWithin(git, projectRoot)) {
    put(git, 'write');
    for (const name of GIT_RUNS) put(join(git, name), 'read');
  }
  for (const path of around.hide) put(path, 'none');
  for (const path of around.read) put(path, 'read');
  for (const path of around.write) put(path, 'write');
  // Whatever was said before: nothing of the state is seen.
  for (const path of access.keys()) if (isWithin(path, runtimeHome)) access.delete(path);
  access.set(runtimeHome, 'none');
  access.set('/', 'read');
  return [...access]
    .map(([path, is]): Place => ({ path, access: is, ...(is === 'none' && soft.has(path) && { soft: true }) }))
    .sort((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1));
}

export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

/** By their known names, and by names that look like a secret's. */
function secretsIn(home: string): string[] {
  const named = HOME_SECRETS.map((name) => join(home, name));
  const shaped = [home, join(home, '.config')].flatMap((folder) =>
    namesIn(folder)
      .filter(({ name }) => isSecretShaped(name))
      .map(({ name }) => join(folder, name)),
  );
  return [...named, ...shaped];
}

/** What is named like a secret, in the project or a folder of it. Deeper it is rather a test's. */
function secretsOf(projectRoot: string): string[] {
  const top = namesIn(projectRoot);
  const folders = top.filter((entry) => entry.isDirectory() && !NOT_LOOKED_INTO.has(entry.name));
  const looked = folders.slice(0, MOST_FOLDERS).map(({ name }) => join(projectRoot, name));
  return [...secretsAmong(top, projectRoot), ...looked.flatMap((folder) => secretsAmong(namesIn(folder), folder))];
}

const NOT_LOOKED_INTO = new Set(['.git', 'node_modules']);
const MOST_FOLDERS = 100;

/** Links lead elsewhere, and are judged there. */
function secretsAmong(entries: readonly Dirent[], folder: string): string[] {
  return entries
    .filter((entry) => !entry.isSymbolicLink() && isSecretShaped(entry.name))
    .map(({ name }) => join(folder, name));
}

function namesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Most of what is asked for isn't there, which a failing call would tell slowly. */
function realPath(path: string): string | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) && realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function isOpen(path: string): boolean {
  return [constants.R_OK, constants.X_OK].some((how) => {
    try {
      accessSync(path, how);
      return true;
    } catch {
      return false;
    }
  });
}

function depth(path: string): number {
  return path === '/' ? 0 : path.split('/').length;
}

/** The paths that a place is made of where single entries are to be left out: all that is in it but links. */
export function entriesOf(folder: string): string[] {
  return namesIn(folder)
    .filter((entry) => !entry.isSymbolicLink())
    .map(({ name }) => join(folder, name));
}

export function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
