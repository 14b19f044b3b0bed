/** What is mounted in a sandbox, held open from when it was looked at: another command may put a link in the place of it. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isStillThere } from '../../base/files/open-file.ts';
import { FIRST_DESCRIPTOR } from '../../contract/sandbox.ts';
import type { Place } from './place.ts';
import { O_PATH } from './unlock.ts';

export interface HeldPlaces {
  /** Open ones of this process, to be closed by whoever gets them. */
  descriptors: number[];
  /** Under which the program that confines finds each place, in their order. */
  names: number[];
}

/** @throws Error where one isn't what it was */
export function holdPlaces(places: readonly Place[]): HeldPlaces {
  const descriptors: number[] = [];
  try {
    for (const { path } of places) descriptors.push(heldAt(path));
  } catch (error) {
    for (const one of descriptors) closeSync(one);
    throw error;
  }
  return { descriptors, names: places.map((_, at) => FIRST_DESCRIPTOR + at) };
}

function heldAt(path: string): number {
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  const stats = fstatSync(fd);
  if (!stats.isSymbolicLink() && isStillThere({ fd, stats }, path)) return fd;
  closeSync(fd);
  throw new Error(`${path} was changed while the sandbox was made`);
}
