/** Characters that make a text other than it seems, to a person or to a terminal. */
import type { Unclear } from '../../../contract/command-words.ts';

// eslint-disable-next-line no-control-regex -- those are looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
/** Invisible ones, those that turn the direction of writing, blanks that are none to the shell, and halves of a pair. */
const MISLEADING =
  /[\u00a0\u00ad\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0\ufff9-\ufffc\p{Surrogate}\u{e0000}-\u{e0fff}]/u;

export function misleads(text: string): Unclear | undefined {
  if (CONTROL.test(text)) return 'control_characters';
  return MISLEADING.test(text) ? 'misleading_characters' : undefined;
}
