import { homedir } from 'node:os';

/** The absolute path that a word of a command line means, for a command that is run in this folder. */
export function fileNamed(word: string, folder: string): string {
  if (word.startsWith('/')) return word;
  return word.startsWith('~/') ? homedir() + word.slice(1) : `${folder}/${word}`;
}
