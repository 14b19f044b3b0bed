/** Links that lie below folders, each looked at: confined commands may put them there at any time. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { allHomesOf } from '../../../base/homes.ts';
import { isInside } from '../../../base/is-inside.ts';
import { type PathFact, pathPlace, readPathFact } from '../paths/path-facts.ts';
import { secretsOf } from '../paths/secrets.ts';
import type { Scene } from '../tool.ts';
import { listingOf } from './folder-listing.ts';

export interface LinksBelow {
  /** What leads out of the project, to a secret, or to the runtime's own. */
  led: PathFact[];
  /** Folders that nobody here can look into, or which are too many: what lies in them is any. */
  unseen: string[];
}

/** In so many folders. What others made, and what is for git alone, comes last, as it is what may be too much. */
const MOST_FOLDERS = 10_000;
const OF_OTHERS = new Set(['node_modules', '.git', '.venv', 'venv', 'target']);
/** More unseen folders than these are told as what they lie in. */
const FEW = 5;

/** Nobody puts links there. */
const OF_THE_KERNEL = /^\/(?:proc|sys|dev)$/;

/** Also in folders of the project to which links in there lead. */
export function linksBelow(starts: readonly string[], scene: Scene): LinksBelow {
  const [led, unseen] = [new Map<string, PathFact>(), new Set<string>()];
  /** Each with the folder as which it is told where it is too much. */
  const own = new Map(starts.map((start) => [start, start]));
  const others = new Map<string, string>();
  let left = MOST_FOLDERS;
  for (const folders of [own, others]) {
    for (const [folder, whole] of folders) {
      const isTooMuch = left-- <= 0;
      const listing = isTooMuch ? undefined : listingOf(folder);
      if (!listing?.isText) unseen.add(isTooMuch ? whole : folder);
      for (const name of listing?.folders ?? []) {
        const path = join(folder, name);
        if (folders === own && OF_OTHERS.has(name)) others.set(path, path);
        else if (!folders.has(path) && !OF_THE_KERNEL.test(path)) folders.set(path, whole);
      }
      for (const name of listing?.links ?? []) {
        const path = join(folder, name);
        const end = endOf(path, scene);
        if (end === 'unseen') unseen.add(folder);
        else if (typeof end === 'object') led.set(path, end);
        else if (end !== undefined && !own.has(end)) folders.set(end, whole);
      }
    }
  }
  return { led: [...led.values()], unseen: unseen.size <= FEW ? [...unseen].sort() : [...starts] };
}

/** A link that counts; or to which folder of the project another leads, by its real path. `unseen`: nobody here may look. */
function endOf(path: string, scene: Scene): PathFact | string | undefined {
  try {
    const place = pathPlace(scene, 'word', path);
    if ('invalid' in place) return undefined;
    const { real, kind, inside_root, closed } = place;
    if (inside_root && closed !== true && !secretsOf(scene)(real)) return kind === 'dir' ? real : undefined;
    const fact = readPathFact(scene, 'word', path);
    return 'invalid' in fact ? undefined : fact;
  } catch {
    return 'unseen';
  }
}

/** Whether a path leads where a confined command couldn't have gone by itself: other links are no danger to who follows them. */
export function beyondConfined({ environment }: Scene): (fact: PathFact) => boolean {
  const homes = allHomesOf(environment);
  return ({ real, kind, inside_root, secret_shaped, closed }) => {
    if (secret_shaped || closed === true) return true;
    if (inside_root) return false;
    if (OF_THE_SYSTEM.test(real) || homes.some((home) => isInside(home, real))) return true;
    return isWritable(kind === 'missing' ? firstThere(real) : real);
  };
}

/** A sandbox has others, or none. */
const OF_THE_SYSTEM = /^\/(?:proc|sys|dev|run)(?:\/|$)/;

/** What is made there is made in this. */
function firstThere(path: string): string {
  const folder = dirname(path);
  return existsSync(folder) ? folder : firstThere(folder);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    return !['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
