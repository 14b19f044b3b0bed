import { wrap } from './markdown/wrap.ts';
import { NORMAL } from './markdown/style.ts';
import { displayWidth } from './width.ts';

/**
 * A line without styles as lines that fit, broken between words; one that fits stays as it is, with its blanks. Where there is
 * no room at all, it has one column.
 */
export function wrapWords(line: string, room: number): string[] {
  const columns = Math.max(1, room);
  if (displayWidth(line) <= columns) return [line];
  return wrap([{ text: line, style: NORMAL }], columns).map((spans) => spans.map(({ text }) => text).join(''));
}
