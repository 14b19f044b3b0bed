import { remembering } from '../remembering.ts';
import { folded } from '../secret-shaped.ts';
import { namesIn } from './names-in.ts';

/**
 * Whether a path below this folder can be there, by what the folders on its way hold: each is read once, where very many paths
 * are asked about and hardly any is there. In a folder that can't be read, any may be.
 */
export function mayBeIn(folder: string): (path: string) => boolean {
  const namesOf = remembering((at) => {
    const names = namesIn(at);
    return names && new Set(names.map(folded));
  });
  const begin = folder.endsWith('/') ? folder.length : folder.length + 1;
  return (path) => {
    for (let from = begin, to = from; to < path.length; from = to + 1) {
      const names = namesOf(path.slice(0, from));
      to = path.indexOf('/', from);
      if (to === -1) to = path.length;
      if (names === undefined) return true;
      if (!names.has(folded(path.slice(from, to)))) return false;
    }
    return true;
  };
}
