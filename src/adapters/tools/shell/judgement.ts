/** What is known of a program by its words: what it runs in its turn, or why nobody can say. */
import type { Unclear, Via } from '../../../contract/command-words.ts';
import type { ShellWord } from './words.ts';

export interface Judgement {
  unclear?: Unclear | undefined;
  /** Commands that it runs, without a shell. */
  runs?: { via: Via; words: ShellWord[] }[];
  /** Shell lines that it runs. */
  lines?: { via: Via; text: string; dialect: Dialect }[];
}

/** `posix`: a shell that may know nothing of bash's own syntax, and reads it as something else. */
export type Dialect = 'bash' | 'posix';

/** `more`: further words follow that only its caller knows, as behind `xargs`. */
export type Judge = (words: readonly ShellWord[], dialect: Dialect, more: boolean) => Judgement;

export const nothing: Judgement = {};

export function unclear(why: Unclear): Judgement {
  return { unclear: why };
}

/** One shell line of several words; code that isn't all literal is anybody's guess. */
export function shellLine(via: Via, words: readonly ShellWord[], dialect: Dialect): Judgement {
  if (words.some(({ dynamic }) => dynamic)) return unclear('dynamic_code');
  return { lines: [{ via, text: words.map(({ text }) => text).join(' '), dialect }] };
}
