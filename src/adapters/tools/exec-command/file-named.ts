import { homedir } from 'node:os';

/** The absolute path that a word of a command line means, for a command that is run in this folder. */
export function fileNamed(word: string, folder: string): string {
  if (word.startsWith('/')) return word;
  return word.startsWith('~/') ? homedir() + word.slice(1) : `${folder}/${word}`;
}

/** The word without its quotes, which a dynamic one keeps, and what stands in it behind an option's letter, a `=`, an `@`, a `:` or a `!`. */
export function pathsIn(text: string): string[] {
  return partsOf(text.replace(/["']/g, ''));
}

/** No path is longer. */
export const LONGEST_PATH = 4096;

/** As `pathsIn`, of a word whose quotes are its own. `marked`: where those marks are looked for, as long as the word. */
export function partsOf(word: string, marked = word): string[] {
  const behind = [...marked.matchAll(/^-[a-zA-Z](?=.)|[=@:!]/g)].map(({ 0: mark, index }) => index + mark.length);
  // Of a word of many marks there are as many, each as long as what is left.
  return [word, ...behind.filter((at) => word.length - at <= LONGEST_PATH).map((at) => word.slice(at))];
}

/** A file that is read by a redirect, as the parser records it. */
export const READS = /^(?:\d+|\{\w+\})?< ([^]*)$/;

/** Also those that may be written as well. */
export function readsIn(redirects: readonly string[]): string[] {
  return redirects.flatMap((redirect) => READS.exec(redirect.replace('<> ', '< '))?.[1] ?? []);
}
