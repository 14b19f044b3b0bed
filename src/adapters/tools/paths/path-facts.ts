import { lstatSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { isInside } from '../../../base/is-inside.ts';
import { mountedTwice } from '../../../base/mounts.ts';
import type { Facts } from '../../../contract/values.ts';
import type { Invalid } from '../arguments/invalid.ts';
import { invalid, type Scene } from '../tool.ts';
import { guardedFiles, isOwn } from './other-names.ts';
import { runsLater } from './runs-later.ts';
import { leadsToSecret, secretsOf } from './secrets.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { isSecretShaped } from '../../../base/secret-shaped.ts';

/** Linux takes no longer one. */
const LONGEST_PATH = 4096;

export type PathFact = Facts['paths'][number];

/** What policy must know of a path that the argument `arg` names, relative to the project root or absolute. */
export function pathFact(scene: Scene, arg: string, path: string): PathFact | { invalid: Invalid[] } {
  if (path.length > LONGEST_PATH) return invalid(`/${arg}`, `is longer than ${LONGEST_PATH} characters`);
  if (path.includes('\0')) return invalid(`/${arg}`, 'holds a NUL byte');
  const found = resolveReal(isAbsolute(path) ? path : `${scene.projectRoot}/${path}`);
  if ('code' in found) return invalid(`/${arg}`, found.message);
  const { real, kind } = found;
  const guarded = kind === 'file' ? guardedFiles(scene)(lstatSync(real)) : undefined;
  const isClosed = isInside(scene.home, real) || guarded === 'closed' || isOwn(scene, real);
  return {
    arg,
    path,
    real,
    inside_root: isInside(scene.projectRoot, real) && !isMountedTwice(scene.projectRoot, real),
    kind,
    secret_shaped: isSecretShaped(path) || leadsToSecret(secretsOf(scene), found) || guarded === 'secret',
    ...(isClosed && { closed: true }),
    ...(runsLater(scene, real) && { runs_later: true }),
  };
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
