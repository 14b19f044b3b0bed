/** Files that something else runs, or goes by, sooner or later, though nobody calls them: who writes them runs code. */
import { join, relative } from 'node:path';
import type { Told } from '../../../base/git-told-by.ts';
import { allHomesOf, pathInHome } from '../../../base/homes.ts';
import { isInside } from '../../../base/is-inside.ts';
import { isForGit, runsLaterOf } from '../../../base/runs-later.ts';
import { folded } from '../../../base/secret-shaped.ts';
import type { Scene } from '../tool.ts';
import { realOf } from '../../../base/files/resolve-real.ts';

/** Start-up files of shells and sessions, settings of programs, programs that are found first. */
const OF_A_HOME = /^(?:\.|bin(?:\/|$)|Library(?:\/|$))/;

/**
 * Hooks and settings of git that lie elsewhere in the project than in `.git`, which is known by its name; and what starts with
 * somebody's next shell or login, where the project is their home, holds it, lies in it, or is where it leads by links. `real`: a real path.
 */
export function runsLater(scene: Scene, real: string): boolean {
  const { projectRoot } = scene;
  if (!isInside(projectRoot, real)) return false;
  // Some disks take that for the same: what lies in `.git` itself is known by its name.
  if (real.split('/').some((name) => name !== '.git' && folded(name) === '.git')) return true;
  // By it the project would be a repository, with settings of its own, were `.git` none any more.
  if (real === join(projectRoot, 'HEAD')) return true;
  const { homes, told, isAll } = guardedIn(scene);
  if (isAll) return true;
  const isOfHome = homes.some((home) => isInside(home, real) && OF_A_HOME.test(relative(home, real)));
  return isOfHome || told.some(({ path, as }) => (isFile(as) ? path === real : isInside(path, real))); // prettier-ignore
}

const isFile = (as: Told['as']): boolean => as === 'program' || as === 'alias' || as === 'link';

interface Guarded {
  /** That lie in the project. */
  homes: string[];
  told: Told[];
  /** The project itself is for git alone; or a folder of a home, by another mount, and nobody knows which. */
  isAll: boolean;
}

/** For all paths of a call: settings are read once. */
const guarded = new WeakMap<Scene, Guarded>();

function guardedIn(scene: Scene): Guarded {
  const known = guarded.get(scene);
  if (known) return known;
  const { projectRoot, environment } = scene;
  const homes = allHomesOf(environment);
  const told = runsLaterOf({ folder: projectRoot, homes })
    .filter(({ path, as }) => path !== projectRoot || as === 'settings')
    .flatMap((one) => (one.as === 'link' ? [one] : [one, { ...one, path: realOf(one.path) }]));
  const made = {
    homes: homes.filter((home) => isInside(projectRoot, home)),
    told,
    isAll: isForGit({ folder: projectRoot, homes }) || pathInHome(projectRoot, homes) !== undefined,
  };
  guarded.set(scene, made);
  return made;
}
