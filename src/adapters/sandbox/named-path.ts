/** Paths as settings name them. */
import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../../base/environment.ts';

/** Beginning in the project; `~` is the home of the environment. */
export function namedPath(projectRoot: string, path: string, environment: Environment): string {
  const isOfHome = path === '~' || path.startsWith('~/');
  return resolve(projectRoot, isOfHome ? join(homesOf(environment)[0] ?? '/', path.slice(1)) : path);
}

/** That of the environment, which programs look at, and the system's, where secrets lie whatever the environment says. */
export function homesOf(environment: Environment): string[] {
  const named = [environment['HOME'], systemHome()].flatMap((path) => realPathOf(path ?? '') ?? []);
  return [...new Set(named)];
}

/** Undefined: there is nothing, or nobody here may look. */
export function realPathOf(path: string): string | undefined {
  try {
    return isAbsolute(path) ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}

function systemHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined; // a user that the system has no name for
  }
}
