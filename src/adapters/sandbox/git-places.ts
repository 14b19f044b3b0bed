/** Of a project's repository: what git runs, or is told by what to run. Commands may change the rest of it. */
import { lstatSync, renameSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './place.ts';

/** `commondir` says where git finds the others. */
const RUNS = ['hooks', 'config', 'config.worktree', 'commondir'];
/** Where other repositories have theirs. */
const OTHERS = ['modules', 'worktrees'];

/** `.git` itself is a place, so that nobody renames it; as a file it says where the repository is. */
export function placesOfGit(projectRoot: string): Place[] {
  const git = join(projectRoot, '.git');
  const kind = kindOf(git);
  if (kind === undefined || kind.isSymbolicLink()) return [];
  if (!kind.isDirectory()) return [{ path: git, access: 'read' }];
  try {
    return placesIn(git);
  } catch {
    return [{ path: git, access: 'read' }]; // what it holds can't be seen, which a command could change
  }
}

function placesIn(git: string): Place[] {
  const known = [...RUNS, ...OTHERS].map((name) => join(git, name)).filter((path) => kindOf(path) !== undefined);
  // A link can't be kept from being replaced, but by keeping the folder; and what it leads to is no part of the repository.
  if (known.some((path) => kindOf(path)!.isSymbolicLink())) return [{ path: git, access: 'read' }];
  return [{ path: git, access: 'write' }, ...known.map((path): Place => ({ path, access: 'read' }))];
}

/** What isn't there can't be kept from being made. Gives what sets aside what a command made of it, once that has ended. */
export function keepAway(projectRoot: string): () => void {
  const git = join(projectRoot, '.git');
  if (kindOf(git)?.isDirectory() !== true) return () => undefined;
  const missing = RUNS.map((name) => join(git, name)).filter((path) => kindOf(path) === undefined);
  return () => {
    for (const path of missing) {
      if (kindOf(path) === undefined) continue;
      const aside = `${path}.set-aside`;
      rmSync(aside, { recursive: true, force: true });
      renameSync(path, aside);
    }
  };
}

function kindOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
