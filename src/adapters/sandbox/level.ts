/** What every kind of sandbox is to the rest. */
import type { Confined, ConfinedCommand } from '../../contract/sandbox.ts';
import type { SandboxLevel } from '../../contract/values.ts';
import type { Place } from './place.ts';
import type { Scratch } from './scratch.ts';

export interface Confinement {
  places: readonly Place[];
  scratch: Scratch;
  command: ConfinedCommand;
  /** Other confined commands run: they may change the project while this one's sandbox is made. */
  isBeside: boolean;
}

/** No level stops these: programs could do little else. */
export const READS_AND_PROJECT = [
  'reading what you can read, except where secrets are known to lie',
  'changing what you run of the project later (scripts, build files)',
];

export interface Level {
  name: SandboxLevel;
  /** Nobody saw it at work where this was written: it is proven before it is trusted. */
  unseen?: true;
  /** Where its program may lie; the first that is there is taken. */
  programs: readonly string[];
  /** What it doesn't stop, where it was tried out. */
  leaves(): readonly string[];
  /** Tries it out, in each of its forms until one works. Gives why none does. Absent: it has one form. */
  tried?(attempt: () => Promise<string | undefined>): Promise<string | undefined>;
  /** Why it can't be for these places, whatever is installed. */
  lacks(places: readonly Place[]): string | undefined;
  confine(program: string, confinement: Confinement): Omit<Confined, 'remove'>;
}
