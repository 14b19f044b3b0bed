/** Where what git runs, or is told by what to run, lies in a project. Commands may change the rest of its repository. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { type RealPath, resolveReal } from '../../base/files/resolve-real.ts';
import { gitToldBy, LONGEST_READ, ON_DISK, type Told } from '../../base/git-told-by.ts';
import { isInside } from '../../base/is-inside.ts';
import { begunIn, COMMON, FILES, FOLDERS, kindOf } from './git-names.ts';
import type { Layout, Place } from './place.ts';

/** Where other repositories have theirs. */
const OTHERS = ['modules', 'worktrees'];

/** `.git` itself is a place, so that nobody renames it; as a file it says where the repository is. */
export function layoutOfGit(projectRoot: string, homes: readonly string[]): Layout {
  const git = join(projectRoot, '.git');
  const told = gitToldBy(ON_DISK, { folder: projectRoot, homes })
    .filter(({ path }) => path !== projectRoot && isInside(projectRoot, path))
    .map((one) => ({ ...one, kind: kindIfReal(one.path) }));
  const elsewhere = told.filter((one) => canBeKept(one, git)).map(({ path }): Place => ({ path, access: 'read' }));
  // What only an alias names may be any file, and somebody asks for it.
  const absent = told.filter(({ kind, as }) => kind === 'missing' && as !== 'alias').map(({ path }) => path);
  return { places: [...placesAt(git), ...elsewhere], absent: absent.filter((path) => !isInside(git, path)) };
}

/** A program is a file; the repository's own files are no programs. */
function canBeKept({ path, as, kind }: Told & { kind: RealPath['kind'] | undefined }, git: string): boolean {
  if (as === 'hooks' || as === 'settings') return kind !== undefined && kind !== 'missing';
  return kind === 'file' && !isInside(git, path);
}

/** Undefined: it is a link, or lies behind one, which can't be kept from being replaced. */
function kindIfReal(path: string): RealPath['kind'] | undefined {
  const found = resolveReal(path);
  return 'code' in found || found.real !== path ? undefined : found.kind;
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
