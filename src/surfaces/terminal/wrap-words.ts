import { wrap } from './markdown/wrap.ts';
import { NORMAL } from './markdown/style.ts';
import { displayWidth } from './width.ts';

/** A line without styles as lines that fit, broken between words; one that fits stays as it is, with its blanks. */
export function wrapWords(line: string, columns: number): string[] {
  if (displayWidth(line) <= columns) return [line];
  return wrap([{ text: line, style: NORMAL }], columns).map((spans) => spans.map(({ text }) => text).join(''));
}
