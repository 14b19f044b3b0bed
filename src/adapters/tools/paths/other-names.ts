/**
 * The same file, or folder, by another name: a hard link, a mount, another spelling where names of files have no case. What
 * is closed, or a secret, by one of its names is so by all that can be known.
 */
import { lstatSync, statSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { namesIn } from '../../../base/files/names-in.ts';
import { isInside } from '../../../base/is-inside.ts';
import type { Scene } from '../tool.ts';
import { isSecretFolder, isSecretShaped } from '../../../base/secret-shaped.ts';
import { secretPlaces } from './secrets.ts';

export type Guarded = 'closed' | 'secret';

/** Whether the path leads into the folder, whatever the folders on its way are called. */
export function leadsInto(folder: string, path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (isSameFolder(folder, at)) return true;
    if (at === dirname(at)) return false;
  }
}

/** Whether a real path is one of the runtime's own, or lies in one. */
export function isOwn({ home, ownFiles }: Pick<Scene, 'home' | 'ownFiles'>, real: string): boolean {
  return ownFiles.some((own) => isInside(own, real)) || leadsInto(home, real);
}

export function isSameFolder(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statsAt(statSync, path));
  return a !== undefined && b !== undefined && idOf(a) === idOf(b);
}

/** Of the project only so much is looked through, however large it is. */
const PROJECT_LEVELS = 2;
/** Of what holds secrets in the homes: browsers keep very many files. */
const MOST_OF_HOMES = 10_000;

type Owners = Pick<Scene, 'home' | 'ownFiles' | 'environment' | 'projectRoot'>;

/**
 * Tells of a file with several names whether one of them is the runtime's own, or that of a secret in the home of the
 * person or at the top of the project. Looks there only when it is first asked about such a file.
 */
export function guardedFiles(scene: Owners): (file: Stats) => Guarded | undefined {
  return (file) => {
    if (!file.isFile() || file.nlink < 2) return undefined;
    const known = guarded.get(scene) ?? collected(scene);
    guarded.set(scene, known);
    return known.get(idOf(file));
  };
}

/** For all files of a call. */
const guarded = new WeakMap<Owners, Map<string, Guarded>>();

function collected({ home, ownFiles, environment, projectRoot }: Owners): Map<string, Guarded> {
  const known = new Map<string, Guarded>();
  collectOfHomes(secretPlaces(environment), known);
  collectSecrets(projectRoot, PROJECT_LEVELS, known);
  collect(home, 'closed', known);
  for (const path of ownFiles) if (add(path, 'closed', known)?.isDirectory()) collect(path, 'closed', known);
  return known;
}

/** Upper levels first, in all of them. */
function collectOfHomes(places: readonly string[], known: Map<string, Guarded>): void {
  const paths = [...places];
  for (let at = 0; at < paths.length && at < MOST_OF_HOMES; at++) {
    const path = paths[at]!;
    const isFolder = add(path, 'secret', known)?.isDirectory() === true;
    if (isFolder && paths.length < MOST_OF_HOMES) for (const name of namesIn(path) ?? []) paths.push(join(path, name));
  }
}

function collectSecrets(folder: string, levels: number, known: Map<string, Guarded>): void {
  for (const name of namesIn(folder) ?? []) {
    const path = join(folder, name);
    if (isSecretFolder(name)) collect(path, 'secret', known);
    else if (isSecretShaped(path)) add(path, 'secret', known);
    else if (levels > 1 && statsAt(lstatSync, path)?.isDirectory()) collectSecrets(path, levels - 1, known);
  }
}

function collect(folder: string, as: Guarded, known: Map<string, Guarded>): void {
  for (const name of namesIn(folder) ?? []) {
    const path = join(folder, name);
    if (add(path, as, known)?.isDirectory()) collect(path, as, known);
  }
}

function add(path: string, as: Guarded, known: Map<string, Guarded>): Stats | undefined {
  const stats = statsAt(lstatSync, path);
  if (stats?.isFile() && stats.nlink > 1) known.set(idOf(stats), as);
  return stats;
}

function statsAt(look: (path: string) => Stats, path: string): Stats | undefined {
  try {
    return look(path);
  } catch {
    return undefined;
  }
}

function idOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
