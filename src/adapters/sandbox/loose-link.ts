/**
 * Links that commands could lead elsewhere. No mount keeps a link as it is, so where one says what is hidden, or what something
 * runs later, no sandbox holds: the next command would find it to say something else.
 */
import { dirname } from 'node:path';
import { realPathOf, resolveReal } from '../../base/files/resolve-real.ts';
import type { Access } from './place.ts';

export interface ByLinks {
  /** Links, where they really lie, to what is kept as it is. */
  kept: readonly string[];
  /** Paths by which something hidden is named. */
  linked: readonly string[];
  /** Links of the project that are named like secrets. */
  named: readonly string[];
  accessAt(path: string): Access;
}

/** The first one, and what depends on it, in words; undefined: there is none. */
export function looseLink({ kept, linked, named, accessAt }: ByLinks): string | undefined {
  const isLoose = (link: string): boolean => accessAt(dirname(link)) === 'write';
  const runs = kept.find(isLoose);
  if (runs !== undefined)
    return `git, a shell or a session runs, or goes by, what ${runs} leads to, and commands could lead it elsewhere`;
  for (const path of linked) {
    const found = resolveReal(path);
    const link = 'code' in found ? undefined : found.links.find(isLoose);
    if (link !== undefined)
      return `${path} is hidden, and commands could lead ${link} elsewhere, which is on the way to it`;
  }
  for (const link of named) {
    const real = realPathOf(link);
    if (real === undefined || accessAt(real) === 'none') continue;
    return `${link} is named like a secret, and commands could take it away from ${real}, which isn't: name that in sandbox.hide, or in sandbox.read if commands may read it`;
  }
  return undefined;
}
