import { resolveReal } from './files/resolve-real.ts';
import { isInside } from './is-inside.ts';

const USUAL = '/usr/bin:/bin';

/**
 * Of a search path for programs (`PATH`) only the folders outside of this one, in their order: what lies in a project may be
 * written by commands of the agent, as `node_modules/.bin`, and would be started by the runtime itself.
 */
export function pathOutside(path = USUAL, folder = process.cwd()): string {
  const outside = path.split(':').filter((entry) => {
    const found = entry.startsWith('/') ? resolveReal(entry) : undefined;
    return found !== undefined && !('code' in found) && !isInside(folder, found.real);
  });
  return outside.join(':') || USUAL; // an empty one would mean the folder in which one is
}
