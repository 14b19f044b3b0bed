/**
 * What a confined command finds where: a map of the file system from which every sandbox is made. Of several places that
 * hold a path the deepest counts.
 */
import { isInside } from '../../base/is-inside.ts';
import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { realPathOf } from '../../base/files/resolve-real.ts';
import { mayBeIn } from '../../base/files/may-be-in.ts';
import { worktreeOf } from '../../base/git-told-by.ts';
import { ledFrom, otherNames } from '../../base/hidden-contents.ts';
import { everyOtherPath, mountedTwice, otherPaths } from '../../base/mounts.ts';
import { secretsIn } from '../../base/home-secrets.ts';
import { layoutOfKept } from './kept-places.ts';
import type { Access, Layout, Place } from './place.ts';
import { looseLink } from './loose-link.ts';
import { secretsOfProject } from './project-secrets.ts';
import { OWN_FOLDERS_IN_RUN, SYSTEM_SECRETS } from './secrets.ts';

export interface Surroundings {
  /** Real path of the project: what a command may change. */
  projectRoot: string;
  /** Real path of RUNTIME_HOME. */
  runtimeHome: string;
  /** The folders of the user, real paths: that of the environment, and that of the system if it is another. */
  userHomes: readonly string[];
  /** What is found around every project. */
  outside: Outside;
  /** Milliseconds UTC. */
  now: number;
  /** Further paths, real ones. */
  read: readonly string[];
  write: readonly string[];
  hide: readonly string[];
  /** What is hidden besides these, or named so, and found by links. */
  linked: readonly string[];
}

export interface Outside {
  /** By real path. */
  access: ReadonlyMap<string, Access>;
  /** Paths of secrets that are found by links. */
  linked: readonly string[];
}

/** The system, and folders of the user as `Surroundings` has them. @throws Error of the system when one can't be read */
export function outsideOf(userHomes: readonly string[]): Outside {
  const access = new Map<string, Access>();
  const linked: string[] = [];
  for (const path of SYSTEM_SECRETS) put(access, path, 'none');
  for (const path of OWN_FOLDERS_IN_RUN) put(access, path, 'read');
  for (const path of ['/tmp', '/var/tmp']) put(access, path, 'scratch');
  for (const home of userHomes) {
    put(access, home, 'read');
    const isThere = mayBeIn(home);
    for (const path of secretsIn(home, mustBeRead)) {
      if (isThere(path) && put(access, path, 'none') !== path) linked.push(path);
    }
  }
  return { access, linked };
}

/** @throws Error of the system */
function mustBeRead(_: string, error: unknown): never {
  throw error;
}

/** Links lead elsewhere: it is their target that counts, which is given. @throws Error of the system where it `must` be seen and can't be */
function put(access: Map<string, Access>, path: string, is: Access, must = false): string | undefined {
  const real = realPathOf(path, must);
  if (real === undefined || real === '/') return real;
  // What can't be opened anyway needn't be hidden.
  if (is !== 'none' || isOpen(real)) access.set(real, is);
  return real;
}

/** From shallow to deep, the root of the file system first. What isn't there is no place. */
export function layoutOf(around: Surroundings): Layout {
  const { projectRoot, runtimeHome, userHomes } = around;
  const access = new Map(around.outside.access);
  const soft = new Set<string>();
  access.set(projectRoot, 'write');
  const repository = repositoryAround(projectRoot, userHomes);
  if (repository !== undefined)
    for (const path of secretsAround(projectRoot, repository, around.now)) put(access, path, 'none');
  const led = ledFrom(hiddenIn(userHomes, access), userHomes, around.now).filter(
    ([, real]) => !isInside(real, projectRoot),
  );
  for (const [, real] of led) put(access, real, 'none');
  const secrets = secretsOfProject(projectRoot, around.now);
  for (const path of secrets.own) {
    put(access, path, 'none', true); // a command that runs may lock its folder at this moment
    soft.add(path);
  }
  // From here on nothing is resolved again: what commands may change could lead elsewhere by now.
  const kept = layoutOfKept(projectRoot, userHomes, around.now);
  for (const path of around.hide) access.set(path, 'none');
  // Nothing is seen again by it that is hidden, or lies in what is.
  for (const { path, access: is } of kept.places) if (accessAt(path, access) !== 'none') access.set(path, is);
  for (const path of around.read) access.set(path, 'read');
  for (const path of around.write) access.set(path, 'write');
  // Whatever was said before: nothing of the state is seen.
  for (const path of access.keys()) if (isInside(runtimeHome, path)) access.delete(path);
  access.set('/', 'read');
  // One that isn't there yet holds nothing, and can't be mounted over where nothing can be made.
  if (existsSync(runtimeHome) || accessAt(runtimeHome, access) !== 'read') access.set(runtimeHome, 'none');
  hideOtherPaths(access, around, soft);
  keepMountedTwice(access, around);
  const hidden = hiddenIn([projectRoot, runtimeHome, ...userHomes], access);
  for (const [path, of] of otherNames(projectRoot, hidden, around.now)) {
    access.set(path, 'none');
    if (soft.has(of)) soft.add(path);
  }
  const loose = looseLink({
    kept: kept.links,
    linked: [...around.outside.linked, ...led.map(([link]) => link), ...around.linked],
    named: secrets.links.filter((link) => !around.read.includes(realPathOf(link) ?? link)),
    accessAt: (path) => accessAt(path, access),
  });
  // Else a folder around one of these could be renamed, and the next command would find it there.
  for (const path of access.keys()) {
    const folder = dirname(path);
    if (!access.has(folder) && accessAt(folder, access) === 'write') access.set(folder, 'write');
  }
  const places = [...access]
    .map(([path, is]): Place => ({ path, access: is, ...(is === 'none' && soft.has(path) && { soft: true }) }))
    .sort((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1));
  return { ...kept, places, loose };
}

/** What is hidden is so where it is mounted a second time, too; and a home as a whole. */
function hideOtherPaths(
  access: Map<string, Access>,
  { projectRoot, runtimeHome, userHomes }: Surroundings,
  soft: Set<string>,
): void {
  const own = [projectRoot, runtimeHome, ...userHomes];
  const hidden = hiddenIn(['/'], access);
  const hide = (other: string, isSoft: boolean): void => {
    if (other === projectRoot) return;
    access.set(other, 'none');
    if (isSoft) soft.add(other);
  };
  for (const path of hidden) {
    // Of the system's folders it is what lies in them that is hidden: what a part of one is mounted for elsewhere isn't meant.
    const isOwn = own.some((one) => isInside(one, path));
    for (const other of isOwn ? everyOtherPath(path, true) : otherPaths(path)) hide(other, soft.has(path));
  }
  for (const other of userHomes.flatMap(otherPaths)) if (!access.has(other)) hide(other, false);
}

/** What lies elsewhere as well isn't the project's to be changed, unless somebody named it. */
function keepMountedTwice(access: Map<string, Access>, { projectRoot, write }: Surroundings): void {
  for (const folder of [projectRoot, ...write]) {
    for (const point of mountedTwice(folder)) {
      if (write.includes(point)) continue;
      for (const [path, is] of access) if (is === 'write' && isInside(point, path)) access.delete(path);
      if (accessAt(point, access) === 'write') access.set(point, 'read');
    }
  }
}

/** What lies in the project itself is looked for there. */
function secretsAround(projectRoot: string, repository: string, now: number): string[] {
  const { own, links } = secretsOfProject(repository, now);
  const led = links.filter((link) => !isInside(projectRoot, link)).map((link) => realPathOf(link) ?? link);
  return [...own, ...led.filter((path) => !isInside(path, projectRoot))];
}

/**
 * In which the project is a folder, whether or not it is one itself, as a command could make it. One that is a home is no project.
 */
function repositoryAround(projectRoot: string, homes: readonly string[]): string | undefined {
  const found = worktreeOf(dirname(projectRoot));
  return homes.some((home) => found && isInside(found, home)) ? undefined : found;
}

function hiddenIn(folders: readonly string[], access: ReadonlyMap<string, Access>): string[] {
  const isIn = (path: string): boolean => folders.some((one) => isInside(one, path));
  return [...access].filter(([path, is]) => is === 'none' && isIn(path)).map(([path]) => path);
}

function accessAt(path: string, access: ReadonlyMap<string, Access>): Access {
  return access.get(path) ?? accessAt(dirname(path), access);
}

/** What is one's own can be made to be. */
function isOpen(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false; // gone since it was looked for
  if (found.uid === process.geteuid?.()) return true;
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
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isSymbolicLink())
      .map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

export function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
