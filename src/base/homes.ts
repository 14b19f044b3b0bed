import { userInfo } from 'node:os';
import type { Environment } from './environment.ts';
import { realPathOf } from './files/resolve-real.ts';
import { otherPaths } from './mounts.ts';

/** That of the environment, which programs look at, and the system's, where secrets lie whatever the environment says. */
export function homesOf(environment: Environment): string[] {
  const named = [environment['HOME'], systemHome()].flatMap((path) => realPathOf(path ?? '') ?? []);
  return [...new Set(named)];
}

/** With the paths by which they are mounted a second time. */
export function allHomesOf(environment: Environment): string[] {
  const homes = homesOf(environment);
  return [...new Set([...homes, ...homes.flatMap((home) => otherPaths(home))])];
}

function systemHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined; // a user that the system has no name for
  }
}
