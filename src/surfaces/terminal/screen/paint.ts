/**
 * From what stands on the terminal to what should: the shortest way there that doesn't depend on where on the screen it
 * is. All moves are relative to the cursor's row; columns are absolute.
 */
import { sameCell, widthOfRow, type Cell, type Row } from './cells.ts';
import { PLAIN, transition, type Style } from './style.ts';

export interface Position {
  row: number;
  column: number;
}

/** Rows with the terminal's cursor in one of them; without rows, on an empty line of its own. */
export interface Painting {
  readonly rows: readonly Row[];
  readonly cursor: Position;
}

export interface Strokes {
  /** What to write. */
  text: string;
  /** Did it leave the cursor's row? Then it shouldn't be seen half done. */
  travels: boolean;
}

const ERASE_LINE_END = '\x1b[K';
const ERASE_BELOW = '\x1b[J';
const WRAP_OFF = '\x1b[?7l';
const WRAP_ON = '\x1b[?7h';

/** Turns one painting into another. */
export function repaint(from: Painting, to: Painting): Strokes {
  const pen = createPen(from.cursor);
  const height = Math.max(1, from.rows.length);
  for (const [index, row] of to.rows.entries()) {
    if (index >= height) pen.newRowBelow(index - 1);
    paintRow(pen, index, from.rows[index] ?? [], row);
  }
  const surplus = Math.max(1, to.rows.length);
  if (to.rows.length === 0 && from.rows.length > 0) pen.eraseFrom(0);
  else if (height > surplus) pen.eraseFrom(surplus);
  pen.moveTo(to.cursor);
  return pen.lift();
}

/** What moves the cursor to the painting's first row and leaves nothing of it. */
export function erase({ rows, cursor }: Painting): string {
  if (rows.length === 0) return '';
  return `${cursor.row > 0 ? `\x1b[${cursor.row}A` : ''}\r${ERASE_BELOW}`;
}

function paintRow(pen: Pen, row: number, from: Row, to: Row): void {
  let start = 0;
  while (start < to.length && sameCell(from[start], to[start])) start++;
  if (start === to.length && start === from.length) return;
  const [oldWidth, newWidth] = [widthOfRow(from), widthOfRow(to)];
  let end = to.length;
  if (oldWidth === newWidth) {
    // What follows stands in the same columns.
    for (let old = from.length; end > start && old > start && sameCell(from[old - 1], to[end - 1]); old--) end--;
  }
  let column = widthOfRow(to, start);
  for (let index = start; index < end; index++) {
    pen.moveTo({ row, column });
    pen.put(to[index]!);
    column += to[index]!.width;
  }
  if (oldWidth > newWidth) {
    pen.moveTo({ row, column: newWidth });
    pen.eraseLineEnd();
  }
}

interface Pen {
  moveTo(position: Position): void;
  put(cell: Cell): void;
  /** Goes to a new row below this one, the last. */
  newRowBelow(last: number): void;
  eraseLineEnd(): void;
  eraseFrom(row: number): void;
  lift(): Strokes;
}

function createPen(start: Position): Pen {
  let text = '';
  let { row } = start;
  /** Undefined: terminals don't agree on it. */
  let column: number | undefined = start.column;
  let style: Style = PLAIN;
  let travels = false;
  let wraps = true;

  const look = (wanted: Style): void => {
    text += transition(style, wanted);
    style = wanted;
  };
  const goTo = (to: number): void => {
    if (to === row) return;
    text += to < row ? `\x1b[${row - to}A` : `\x1b[${to - row}B`;
    row = to;
    travels = true;
  };
  const moveTo = (to: Position): void => {
    goTo(to.row);
    if (to.column === column) return;
    text += to.column === 0 ? '\r' : `\x1b[${to.column + 1}G`;
    column = to.column;
  };
  return {
    moveTo,
    put(cell) {
      const uncertain = isUncertain(cell);
      if (uncertain) {
        // Too wide for its place it must not wrap, too narrow it must not leave what stood there.
        if (wraps) text += WRAP_OFF;
        wraps = false;
        look(cell.style);
        text += ' '.repeat(cell.width);
        const at = { row, column: column! };
        column = undefined;
        moveTo(at);
      }
      look(cell.style);
      text += cell.text;
      column = uncertain ? undefined : column! + cell.width;
    },
    newRowBelow(last) {
      goTo(last);
      look(PLAIN);
      text += '\r\n';
      row++;
      column = 0;
      travels = true;
    },
    eraseLineEnd() {
      look(PLAIN);
      text += ERASE_LINE_END;
    },
    eraseFrom(first) {
      moveTo({ row: first, column: 0 });
      look(PLAIN);
      text += ERASE_BELOW;
      travels = true;
    },
    lift() {
      look(PLAIN);
      if (!wraps) text += WRAP_ON;
      return { text, travels };
    },
  };
}

/** Emoji, and what is put together of several code points: terminals disagree on how wide it is. */
function isUncertain({ text }: Cell): boolean {
  const code = text.codePointAt(0)!;
  if (code < 0x80 && text.length === 1) return false;
  return (
    text.length > (code > 0xffff ? 2 : 1) || (code >= 0x2600 && code < 0x2e80) || (code >= 0x1f000 && code < 0x20000)
  );
}
