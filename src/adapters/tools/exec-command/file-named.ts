import { homedir } from 'node:os';

/** The absolute path that a word of a command line means, for a command that is run in this folder. */
export function fileNamed(word: string, folder: string): string {
  if (word.startsWith('/')) return word;
  return word.startsWith('~/') ? homedir() + word.slice(1) : `${folder}/${word}`;
}

/** The word without its quotes, which a dynamic one keeps, and what stands in it behind a `=`, an `@` or a `:`. */
export function pathsIn(text: string): string[] {
  const word = text.replace(/["']/g, '');
  return [word, ...[...word.matchAll(/[=@:]/g)].map(({ index }) => word.slice(index + 1))];
}
