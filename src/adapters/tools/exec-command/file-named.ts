import { homedir } from 'node:os';

/** The absolute path that a word of a command line means, for a command that is run in this folder. */
export function fileNamed(word: string, folder: string): string {
  if (word.startsWith('/')) return word;
  return word.startsWith('~/') ? homedir() + word.slice(1) : `${folder}/${word}`;
}

/** The word without its quotes, which a dynamic one keeps, and what stands in it behind an option's letter, a `=`, an `@` or a `:`. */
export function pathsIn(text: string): string[] {
  const word = text.replace(/["']/g, '');
  const behind = [...word.matchAll(/^-[a-zA-Z](?=.)|[=@:]/g)].map(({ 0: mark, index }) => index + mark.length);
  return [word, ...behind.map((at) => word.slice(at))];
}

/** A file that is read by a redirect, as the parser records it. */
export const READS = /^(?:\d+|\{\w+\})?< ([^]*)$/;
