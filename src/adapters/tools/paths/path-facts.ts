import { lstatSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { isInside } from '../../../base/is-inside.ts';
import { mountedTwice } from '../../../base/mounts.ts';
import type { Facts } from '../../../contract/values.ts';
import type { Invalid } from '../arguments/invalid.ts';
import { invalid, type Scene } from '../tool.ts';
import { type Guarded, guardedFiles, isOwn } from './other-names.ts';
import { runsLater } from './runs-later.ts';
import { leadsToSecret, secretsOf } from './secrets.ts';
import { type RealPath, resolveReal } from '../../../base/files/resolve-real.ts';
import { isSecretShaped } from '../../../base/secret-shaped.ts';

/** Linux takes no longer one. */
const LONGEST_PATH = 4096;

export type PathFact = Facts['paths'][number];

/** Where a path leads, and whether tools may go there at all. */
type PathPlace = Pick<PathFact, 'real' | 'inside_root' | 'kind' | 'closed'>;

/** What policy must know of a path that the argument `arg` names, relative to the project root or absolute. */
export function pathFact(scene: Scene, arg: string, path: string): PathFact | { invalid: Invalid[] } {
  const fact = readPathFact(scene, arg, path);
  return 'invalid' in fact || !runsLater(scene, fact.real) ? fact : { ...fact, runs_later: true };
}

/** The same of a path that is only read: who reads what runs later changes nothing, and finding out takes its time. */
export function readPathFact(scene: Scene, arg: string, path: string): PathFact | { invalid: Invalid[] } {
  const found = lookedAt(scene, arg, path);
  if ('invalid' in found) return found;
  const { place, guarded } = found;
  const { closed, ...rest } = place;
  return {
    arg,
    path,
    ...rest,
    secret_shaped: isSecretShaped(path) || leadsToSecret(secretsOf(scene), found) || guarded === 'secret',
    ...(closed && { closed }),
  };
}

/** The part of it that says where the path leads: much is looked at for the rest. */
export function pathPlace(scene: Scene, arg: string, path: string): PathPlace | { invalid: Invalid[] } {
  const found = lookedAt(scene, arg, path);
  return 'invalid' in found ? found : found.place;
}

interface LookedAt extends RealPath {
  place: PathPlace;
  guarded: Guarded | undefined;
}

function lookedAt(scene: Scene, arg: string, path: string): LookedAt | { invalid: Invalid[] } {
  if (path.length > LONGEST_PATH) return invalid(`/${arg}`, `is longer than ${LONGEST_PATH} characters`);
  if (path.includes('\0')) return invalid(`/${arg}`, 'holds a NUL byte');
  const found = resolveReal(isAbsolute(path) ? path : `${scene.projectRoot}/${path}`);
  if ('code' in found) return invalid(`/${arg}`, found.message);
  const { real, kind } = found;
  const guarded = kind === 'file' ? guardedFiles(scene)(lstatSync(real)) : undefined;
  const isClosed = isInside(scene.home, real) || guarded === 'closed' || isOwn(scene, real);
  const inside_root = isInside(scene.projectRoot, real) && !isMountedTwice(scene.projectRoot, real);
  return { ...found, guarded, place: { real, inside_root, kind, ...(isClosed && { closed: true }) } };
}

/** Whether it lies elsewhere as well, by a mount in the project. */
function isMountedTwice(projectRoot: string, real: string): boolean {
  return mountedTwice(projectRoot).some((point) => isInside(point, real));
}

/** A real path as it is shown: relative to the project root where it lies in it. */
export function shownPath(scene: Scene, real: string): string {
  if (!isInside(scene.projectRoot, real)) return real;
  return relative(scene.projectRoot, real) || '.';
}

/** The real path of a name that is relative to the project root. */
export function fromRoot(scene: Scene, path: string): string {
  return join(scene.projectRoot, path);
}
