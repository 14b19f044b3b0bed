import { folded } from '../secret-shaped.ts';
import { namesIn } from './names-in.ts';

/**
 * Whether a path below this folder can be there, by what is directly in the folder: read once, where very many paths are asked
 * about and hardly any is there. Of a folder that can't be read, any may be.
 */
export function mayBeIn(folder: string): (path: string) => boolean {
  const names = namesIn(folder);
  if (names === undefined) return () => true;
  const there = new Set(names.map(folded));
  const begin = folder.endsWith('/') ? folder.length : folder.length + 1;
  return (path) => there.has(folded(path.slice(begin).split('/', 1)[0]!));
}
