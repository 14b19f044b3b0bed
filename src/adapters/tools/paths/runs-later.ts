/** Files that something else runs, or goes by, sooner or later, though nobody calls them: who writes them runs code. */
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { gitToldBy } from '../../../base/git-told-by.ts';
import { isInside } from '../../../base/is-inside.ts';
import type { Scene } from '../tool.ts';
import { shortText } from '../../../base/files/open-file.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';

const MOST_BYTES = 1024 * 1024;

/** Start-up files of shells and sessions, settings of programs, programs that are found first. */
const OF_A_HOME = /^(?:\.|bin(?:\/|$)|Library(?:\/|$))/;

/**
 * Hooks and settings of git that lie elsewhere in the project than in `.git`, which is known by its name; and in a project
 * that is somebody's home, or holds it, what starts with their next shell or login. `real`: a real path.
 */
export function runsLater({ projectRoot, environment }: Scene, real: string): boolean {
  if (!isInside(projectRoot, real)) return false;
  // By it the project would be a repository, with settings of its own, were `.git` none any more.
  if (real === join(projectRoot, 'HEAD')) return true;
  const homes = [...new Set([environment['HOME'] ?? homedir(), homedir()])].map(realOf);
  const isOfHome = homes.some(
    (home) => isInside(projectRoot, home) && isInside(home, real) && OF_A_HOME.test(relative(home, real)),
  );
  if (isOfHome) return true;
  const told = gitToldBy((path) => shortText(path, MOST_BYTES), { folder: projectRoot, homes });
  return told.some((path) => path !== projectRoot && [path, realOf(path)].some((one) => isInside(one, real)));
}

function realOf(path: string): string {
  const found = resolveReal(path);
  return 'real' in found ? found.real : path;
}
