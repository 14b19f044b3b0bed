import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from './environment.ts';
import { resolveReal } from './files/resolve-real.ts';
import { homesOf } from './homes.ts';
import { isInside } from './is-inside.ts';

const USUAL = '/usr/bin:/bin';

/** Folders that hold what has nothing to do with one another: none of them is a project, unless somebody made it a repository. */
const SHARED = new Set([
  '/', '/home', '/tmp', '/usr', '/usr/local', '/var', '/var/tmp', '/private', '/private/tmp', '/private/var', '/private/var/tmp',
]); // prettier-ignore

/**
 * Of the search path for programs (`PATH`) only the folders in which no command of the agent may have written, in their order,
 * for what the runtime itself starts: neither those around this one, as `node_modules/.bin` of a project whose subfolder it is,
 * nor those of the homes.
 */
export function pathOutside(environment: Environment, folder = process.cwd()): string {
  const written = [placeAround(folder), ...homesOf(environment).filter((home) => home !== '/')];
  const outside = (environment['PATH'] ?? USUAL).split(':').flatMap((entry) => {
    const found = entry.startsWith('/') ? resolveReal(entry) : undefined;
    return found === undefined || 'code' in found || written.some((one) => isInside(one, found.real)) ? [] : found.real;
  });
  return [...new Set(outside)].join(':') || USUAL; // an empty one would mean the folder in which one is
}

/** The outermost folder around this one that may be a project of its own; itself where there is none. */
function placeAround(folder: string): string {
  const above = [folder];
  while (above[0] !== dirname(above[0]!)) above.unshift(dirname(above[0]!));
  return above.find((one) => !SHARED.has(one) || existsSync(join(one, '.git'))) ?? folder;
}
