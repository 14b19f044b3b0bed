/** What is kept as it is in a project: where what git runs, or is told by what to run, lies, and what a home starts with. */
import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { type RealPath, resolveReal } from '../../base/files/resolve-real.ts';
import { otherNames } from '../../base/hidden-contents.ts';
import { LONGEST_READ, type Told } from '../../base/git-told-by.ts';
import { isInside } from '../../base/is-inside.ts';
import { runsLaterOf } from '../../base/runs-later.ts';
import { begunIn, COMMON, FILES, FOLDERS, kindOf } from './git-names.ts';
import type { Kept, Place } from './place.ts';

/** Where other repositories have theirs. */
const OTHERS = ['modules', 'worktrees'];

/**
 * `.git` itself is a place, so that nobody renames it; as a file it says where the repository is, which may lie in the project, too.
 * `now`: ms UTC. @throws Error where a file has other names, and the project is too large to look for them
 */
export function layoutOfKept(projectRoot: string, homes: readonly string[], now: number): Kept {
  const all = runsLaterOf({ folder: projectRoot, homes }).filter(
    ({ path }) => path !== projectRoot && isInside(projectRoot, path),
  );
  const told = all
    .filter(({ as }) => as !== 'link')
    .map((one) => foundFor(one))
    .filter(({ path }) => path !== projectRoot);
  const others = told.filter(isRepository).map(({ path }) => path);
  const repositories = [...new Set([join(projectRoot, '.git'), ...others])];
  const isOfOne = (path: string): boolean => repositories.some((git) => isInside(git, path));
  const ofGit = repositories.flatMap(placesAt);
  const elsewhere = told.filter((one) => canBeKept(one, isOfOne(one.path))).map(({ path }) => path);
  // What only an alias names may be any file, and somebody asks for it.
  const absent = told.filter(({ path, kind, as }) => kind === 'missing' && as !== 'alias' && !isOfOne(path));
  const ownFiles = repositories.flatMap((git) => [...FOLDERS, ...FILES].map((name) => join(git, name)));
  // Who writes to a file by another name changes it by this one, too.
  const named = otherNames(projectRoot, [...ownFiles, ...elsewhere], now);
  const kept = [...elsewhere, ...named.map(([path]) => path)];
  return {
    places: [...ofGit, ...kept.map((path): Place => ({ path, access: 'read' }))],
    absent: absent.map(({ path }) => path),
    links: all.filter(({ as }) => as === 'link').map(({ path }) => path),
    repositories: repositories.filter((git) => ofGit.some(({ path, access }) => path === git && access === 'write')),
  };
}

/** A file `.git` may name any folder. */
function isRepository({ path, as, kind }: Found): boolean {
  const isThere = (name: string): boolean => kindOf(join(path, name)) !== undefined;
  return as === 'repository' && kind === 'dir' && isThere('HEAD') && (isThere('objects') || isThere(COMMON));
}

/** A program is a file; a repository's own files are no programs. */
function canBeKept({ as, kind }: Found, isOfRepository: boolean): boolean {
  if (as === 'hooks' || as === 'settings') return kind !== undefined && kind !== 'missing';
  return as !== 'repository' && kind === 'file' && !isOfRepository;
}

interface Found extends Told {
  /** Undefined: it is a link, or lies behind one, which can't be kept from being replaced. */
  kind: RealPath['kind'] | undefined;
}

/** Where nobody may look, as a command may have taken away the right to, the folder around that is locked is what is kept. */
function foundFor(told: Told): Found {
  const found = resolveReal(told.path);
  if (!('code' in found)) return { ...told, kind: found.real === told.path ? found.kind : undefined };
  if (!found.message.endsWith('EACCES')) return { ...told, kind: undefined };
  return foundFor({ path: dirname(told.path), as: 'hooks' });
}

function placesAt(git: string): Place[] {
  const kind = kindOf(git);
  if (kind === undefined || kind.isSymbolicLink()) return [];
  if (!kind.isDirectory()) return [{ path: git, access: 'read' }];
  try {
    accessSync(git, constants.W_OK);
    return placesIn(git);
  } catch {
    return [{ path: git, access: 'read' }]; // what it holds can't be seen or made, which a command could change
  }
}

function placesIn(git: string): Place[] {
  const at = (name: string): string => join(git, name);
  const others = [COMMON, ...OTHERS].filter((name) => kindOf(at(name)) !== undefined);
  // A link can't be kept from being replaced, but by keeping the folder; and what it leads to is no part of the repository.
  // A `commondir`, or what runs commands as git goes on, may be what a command made that still runs: it is set aside as that
  // ends, and then none may make another. Settings that nobody can read whole can't be compared afterwards.
  const isKept =
    others.includes(COMMON) ||
    begunIn(git).length > 0 ||
    FILES.some((name) => (kindOf(at(name))?.size ?? 0) > LONGEST_READ) ||
    [...FOLDERS, ...FILES, ...others].some((name) => kindOf(at(name))?.isSymbolicLink());
  if (isKept) return [{ path: git, access: 'read' }];
  const known = [...FOLDERS, ...FILES, ...others].map((name): Place => ({ path: at(name), access: 'read' }));
  return [{ path: git, access: 'write' }, ...known];
}
