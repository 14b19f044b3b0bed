import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The outermost repository in which a real folder lies; the folder itself where there is none. Outermost: whoever works in that
 * one can make another one of any folder in it.
 */
export function repositoryAround(folder: string): string {
  let outermost = folder;
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, '.git'))) outermost = at;
  }
  return outermost;
}
