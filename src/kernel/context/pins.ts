/** Facts that a person pinned: told before all messages, so that no summary can lose or change them. */
import type { EntryData, Seq } from '../../contract/entries.ts';

export interface Pin {
  /** `p<seq>`: of the entry that pinned it. */
  id: string;
  text: string;
}

/** Each in UTF-8, and all together: they are in every request. */
export const MOST_PIN_BYTES = 2048;
export const MOST_PINS_BYTES = 16 * 1024;

/** The facts when something of them was changed, in the order in which they were pinned. */
export function pinsAfter(
  pins: readonly Pin[] = [],
  seq: Seq,
  { pin, unpin }: Pick<EntryData<'session.configured'>, 'pin' | 'unpin'>,
): Pin[] {
  const kept = pins.filter(({ id }) => id !== unpin);
  return pin === undefined ? kept : [...kept, { id: `p${seq}`, text: pin }];
}
