import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { isInside } from '../is-inside.ts';
import { repositoryAround } from './repository-around.ts';
import { linkOutOf, realOf, type RealPath } from './resolve-real.ts';

/**
 * The link by which a path leads out of a project: a command of the agent may have made it, wherever whoever names the path stands.
 * A project is each of these folders, and the repository in which the link lies. Undefined: none does.
 */
export function linkOutOfProject(found: RealPath, folders: readonly string[]): string | undefined {
  const projects = [...folders, ...found.links.flatMap((link) => projectAround(link) ?? [])];
  return projects.map((folder) => linkOutOf(folder, found)).find((link) => link !== undefined);
}

/** The outermost repository in which a real path lies; but none that holds a home, as that is no project. */
export function projectAround(path: string): string | undefined {
  const home = realOf(homedir());
  return repositoryAround(dirname(path), (at) => isInside(at, home));
}
