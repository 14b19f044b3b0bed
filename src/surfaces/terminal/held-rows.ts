/**
 * Rows of a text that others wrote, as what a person is to decide about. Where a terminal breaks a long line by itself, the
 * rest of it begins at the left edge, where the program alone speaks. So it is broken here, and each row is marked.
 */
import { visible } from '../../adapters/tools/visible.ts';
import { displayWidth, graphemes, isNarrow, visibleText } from './width.ts';

const TAB_COLUMNS = 8;
const LEAST_COLUMNS = 10;

/** `first` stands before each line, `more`, as wide and without colours, before what a line goes on with. */
export interface Edges {
  first: string;
  more: string;
}

const INDENTED: Edges = { first: '  ', more: '↪ ' };

/**
 * Nothing in it is acted upon, hidden or left out. `paint` colours a row by its line. `columns`: undefined where there is no
 * terminal.
 */
export function heldRows(
  text: string,
  columns: number | undefined,
  { first, more }: Edges = INDENTED,
  paint: (row: string, line: string) => string = (row) => row,
): string[] {
  const room = columns === undefined ? Infinity : Math.max(LEAST_COLUMNS, columns - 1 - more.length);
  const rows: string[] = [];
  for (const line of visible(visibleText(text), { lines: true }).split('\n')) {
    for (const [index, piece] of pieces(line, room).entries()) {
      rows.push(`${index === 0 ? first : more}${paint(piece, line)}`);
    }
  }
  return rows;
}

function pieces(line: string, room: number): string[] {
  if (line.length <= room && isNarrow(line)) return [line];
  const found: string[] = [];
  let piece = '';
  let width = 0;
  for (const grapheme of graphemes(line)) {
    const shown = grapheme === '\t' ? `→${' '.repeat(TAB_COLUMNS - 1 - (width % TAB_COLUMNS))}` : grapheme;
    const wide = displayWidth(shown);
    if (width + wide > room && piece !== '') {
      found.push(piece);
      [piece, width] = ['', 0];
    }
    piece += shown;
    width += wide;
  }
  return [...found, piece];
}
