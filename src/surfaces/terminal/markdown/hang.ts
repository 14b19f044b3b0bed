/** Marks before text: the first line has one, the lines under it are indented or marked alike. */
import { displayWidth } from '../width.ts';
import { fill } from './wrap.ts';

/** With less room than this for the text, marks stand on lines of their own. */
const LEAST_ROOM = 6;

export interface Hang {
  /** Columns for the text. */
  columns: number;
  /** Puts the marks before lines; the first line that ever comes has the first mark. */
  mark(lines: readonly string[]): string[];
  /** The same without counting: for lines that will be drawn again. */
  preview(lines: readonly string[]): string[];
}

/**
 * @param first what the first line begins with, as it looks and as it is printed
 * @param rest what the others begin with: as wide as `first`
 */
export function createHang(columns: number, first: Mark, rest: Mark): Hang {
  const width = displayWidth(first.text);
  const narrow = columns - width < LEAST_ROOM;
  let begun = false;
  const preview = (lines: readonly string[]): string[] => {
    const marked = lines.map((line, index) => {
      const { text, painted } = !begun && index === 0 ? first : rest;
      if (line !== '') return painted + line;
      return text.trim() === '' ? '' : painted.trimEnd();
    });
    if (!narrow) return marked;
    return begun || lines.length === 0 ? [...lines] : [...ownLines(first, columns), ...lines];
  };
  return {
    columns: narrow ? columns : columns - width,
    preview,
    mark(lines) {
      const marked = preview(lines);
      begun ||= lines.length > 0;
      return marked;
    },
  };
}

export interface Mark {
  text: string;
  painted: string;
}

function ownLines({ text, painted }: Mark, columns: number): string[] {
  const shown = text.trimEnd();
  if (displayWidth(shown) <= columns) return [painted.trimEnd()];
  return fill([{ text: shown, style: 0 }], columns).map((line) => line.map((span) => span.text).join(''));
}
