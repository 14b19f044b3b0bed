/** Diffs: what came is green, what went is red. */
import { BOLD, CYAN, DIM, GREEN, NORMAL, RED, type Span, type Style } from './style.ts';

const STYLES: [begin: RegExp, style: Style][] = [
  [/^(?:\+\+\+|---) /, BOLD],
  [/^(?:diff|index|rename|similarity|new file|deleted file|old mode|new mode) ?/, DIM],
  [/^@@/, CYAN],
  [/^\+/, GREEN],
  [/^-/, RED],
];

/** A line of a unified diff. */
export function diffSpans(line: string): Span[] {
  const style = STYLES.find(([begin]) => begin.test(line))?.[1] ?? NORMAL;
  return [{ text: line, style }];
}
