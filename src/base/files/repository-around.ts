import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The outermost repository in which a real folder lies; undefined: in none. Outermost: whoever works in that one can make another
 * one of any folder in it. `isEnd`: neither this one counts, nor what is around it.
 */
export function repositoryAround(folder: string, isEnd: (at: string) => boolean = () => false): string | undefined {
  let outermost: string | undefined;
  for (let at = folder; at !== dirname(at) && !isEnd(at); at = dirname(at)) {
    if (existsSync(join(at, '.git'))) outermost = at;
  }
  return outermost;
}
