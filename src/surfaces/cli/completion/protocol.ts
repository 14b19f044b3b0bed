/**
 * What the scripts of all shells and the program say to each other.
 *
 * `runtime __complete <words …>`: the words behind the program's name, the last one as far as it is typed, perhaps empty.
 * The answer has a line for each candidate: the whole word, a tab, what it is. A line that begins with a colon tells the
 * shell to offer names itself: `:files`, `:folders`. No candidate begins with a colon.
 */

/** The hidden command. */
export const COMPLETE = '__complete';

export interface Candidate {
  /** The whole word, also where a part of it is typed. */
  value: string;
  /** What it is, on one line; may be empty. */
  meaning: string;
}

/** What the shell knows better. */
export type ShellNames = 'files' | 'folders';
