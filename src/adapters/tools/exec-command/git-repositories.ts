/**
 * What git goes by beside the project's own repository: it looks into those that its index names (submodules), and a line may take it
 * to another. Anybody may make one in the project, and its settings and hooks run code.
 */
import { closeSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFile } from '../../../base/files/open-file.ts';
import { foldersFrom, gitToldBy, ON_DISK, repositoryOf, SETTINGS } from '../../../base/git-told-by.ts';
import { GITLINK, indexEntries, objectFormatOf } from '../../../base/git-index.ts';

const MOST_REPOSITORIES = 50;

/** Files, there or not, by which git goes in these folders. `isAll`: there may be others. */
export function filesOfRepositories(folders: readonly string[], root: string): { paths: string[]; isAll: boolean } {
  const own = worktreeOf(root);
  const worktrees = new Set([root, ...folders].flatMap((one) => worktreeOf(one) ?? []));
  const paths: string[] = [];
  let isAll = true;
  for (const worktree of worktrees) {
    const [git, shared] = repositoryOf(ON_DISK.read, worktree);
    if (worktree !== own) paths.push(...filesOf(worktree, [git!, shared ?? git!]));
    const linked = linkedBy(join(git!, 'index'), ON_DISK.read(join(shared ?? git!, 'config')) ?? '');
    isAll &&= linked !== undefined;
    for (const name of linked ?? []) {
      const other = join(worktree, name);
      if (!has(join(other, '.git'))) continue;
      if (worktrees.size < MOST_REPOSITORIES) worktrees.add(other);
      else isAll = false;
    }
  }
  return { paths, isAll };
}

function worktreeOf(folder: string): string | undefined {
  return foldersFrom(folder).find((one) => has(join(one, '.git')));
}

function has(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Its settings, what these name, and its hooks. */
function filesOf(worktree: string, folders: readonly string[]): string[] {
  const told = gitToldBy(ON_DISK, { folder: worktree, homes: [] }).map(({ path }) => path);
  const own = folders.flatMap((one) => [...SETTINGS.map((name) => join(one, name)), ...filesIn(join(one, 'hooks'))]);
  return [join(worktree, '.git'), ...own, ...told, ...told.flatMap(filesIn)];
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return []; // there is none
  }
}

/** Undefined: nobody knows, as the index can't be read. */
function linkedBy(index: string, settings: string): string[] | undefined {
  if (!has(index)) return [];
  const file = openFile(index);
  if ('code' in file) return undefined;
  try {
    const entries = indexEntries(readFileSync(file.fd), objectFormatOf(settings));
    return entries?.filter(({ mode }) => mode === GITLINK).map(({ name }) => Buffer.from(name, 'latin1').toString());
  } finally {
    closeSync(file.fd);
  }
}
