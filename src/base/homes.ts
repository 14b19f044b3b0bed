import { userInfo } from 'node:os';
import type { Environment } from './environment.ts';
import { realPathOf } from './files/resolve-real.ts';
import { isInside } from './is-inside.ts';
import { otherPaths } from './mounts.ts';

/** That of the environment, which programs look at, and the system's, where secrets lie whatever the environment says. */
export function homesOf(environment: Environment): string[] {
  const named = [environment['HOME'], systemHome()].flatMap((path) => realPathOf(path ?? '') ?? []);
  return [...new Set(named)];
}

/** With the paths by which they are mounted a second time. `homes`: those of `homesOf`, where somebody has them. */
export function allHomesOf(environment: Environment, homes = homesOf(environment)): string[] {
  return [...new Set([...homes, ...homes.flatMap((home) => otherPaths(home))])];
}

/** The path in a home of a folder that is mounted elsewhere as well, and named by that path here. Undefined: it has none. */
export function pathInHome(folder: string, homes: readonly string[]): string | undefined {
  const isOfHome = (path: string): boolean => homes.some((home) => isInside(home, path));
  return isOfHome(folder) ? undefined : otherPaths(folder).find(isOfHome);
}

/** As the system has it. `name`: if that is the user's. */
export function systemHome(name?: string): string | undefined {
  try {
    const { username, homedir } = userInfo();
    return name === undefined || name === username ? homedir : undefined;
  } catch {
    return undefined; // a user that the system has no name for
  }
}
