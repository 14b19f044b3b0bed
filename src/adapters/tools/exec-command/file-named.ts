import { homedir } from 'node:os';

/** The absolute path that a word of a command line means, for a command that is run in this folder. */
export function fileNamed(word: string, folder: string): string {
  if (word.startsWith('/')) return word;
  return word.startsWith('~/') ? homedir() + word.slice(1) : `${folder}/${word}`;
}

/** The word without its quotes, which a dynamic one keeps, and what stands in it behind an option's letters, a `=`, `@`, `:`, `,` or `!`. */
export function pathsIn(text: string): string[] {
  return partsOf(text.replace(/["']/g, ''));
}

/** No path is longer. */
export const LONGEST_PATH = 4096;

/**
 * As `pathsIn`, of a word whose quotes are its own. `marked`: where those marks are looked for, as long as the word. Any letter of
 * `-aFnotes.txt` may be the option whose value follows; and of `a:b`, `a,b` each part may be a name.
 */
export function partsOf(word: string, marked = word): string[] {
  const cluster = /^-[a-zA-Z\d]+(?=.)/.exec(marked)?.[0].length ?? 0;
  const starts = Array.from({ length: Math.max(0, Math.min(cluster, word.length - 1) - 1) }, (_, at) => at + 2);
  // Alternatives are taken apart elsewhere.
  const isList = !marked.includes('{');
  for (const { index } of marked.matchAll(isList ? /[=@:!,]/g : /[=@:!]/g)) starts.push(index + 1);
  // Of a word of many marks there are as many, each as long as what is left.
  const near = starts.filter((at) => word.length - at <= LONGEST_PATH);
  return [
    ...new Set([
      word,
      ...decoded(word),
      ...near.map((at) => word.slice(at)),
      ...[0, ...near].flatMap((at) => (isList ? upToNext(word, marked, at) : [])),
    ]),
  ];
}

/** The path of `file:///a%20b` (RFC 8089). */
function decoded(word: string): string[] {
  const path = /\bfile:(?:\/\/[^/]*)?(\/[^]*)$/i.exec(word)?.[1];
  return path?.includes('%') === true ? [withoutEscapes(path.replace(/[?#][^]*$/, ''))] : [];
}

/** `%20` is a blank. What isn't written so stays. */
export function withoutEscapes(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Where another one follows. */
function upToNext(word: string, marked: string, start: number): string[] {
  const length = marked.slice(start, start + LONGEST_PATH).search(/[:,]/);
  return length > 0 ? [word.slice(start, start + length)] : [];
}

/** A file that is read by a redirect, as the parser records it. */
export const READS = /^(?:\d+|\{\w+\})?< ([^]*)$/;

/** Also those that may be written as well. */
export function readsIn(redirects: readonly string[]): string[] {
  return redirects.flatMap((redirect) => READS.exec(redirect.replace('<> ', '< '))?.[1] ?? []);
}
