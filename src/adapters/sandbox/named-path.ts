/** Paths as settings name them. */
import { join, resolve } from 'node:path';
import type { Environment } from '../../base/environment.ts';
import { homesOf } from '../../base/homes.ts';

/** Beginning in the project; `~` is the home of the environment. */
export function namedPath(projectRoot: string, path: string, environment: Environment): string {
  const isOfHome = path === '~' || path.startsWith('~/');
  return resolve(projectRoot, isOfHome ? join(homesOf(environment)[0] ?? '/', path.slice(1)) : path);
}
