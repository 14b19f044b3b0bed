/** Where the cursor is after the terminal got narrower and has wrapped what was painted, in rows from the first one. */
import type { Row } from './cells.ts';
import type { Painting } from './paint.ts';

/** The cursor stays with what it stood behind. */
export function cursorWhenWrapped({ rows, cursor }: Painting, columns: number): number {
  let cursorRow = rowsWhenWrapped(rows[cursor.row] ?? [], columns, cursor.column) - 1;
  for (const row of rows.slice(0, cursor.row)) cursorRow += rowsWhenWrapped(row, columns);
  return cursorRow;
}

/**
 * xterm.js goes through the rows from the last one upwards. For each row that it gains, it moves the cursor down, as if
 * that were above it, and it leaves the row alone in which the cursor seems to be by then.
 *
 * Before, when the terminal got lower by `lost` rows, it has dropped so many below the cursor. Empty ones below the live part
 * go first. How many there were nobody knows; taking none leaves a row too many at worst, and takes away none too many.
 */
export function cursorInXtermJs({ rows, cursor }: Painting, columns: number, lost: number): number {
  let cursorRow = cursor.row;
  const kept = Math.max(cursor.row + 1, rows.length - Math.max(0, lost));
  for (let index = kept - 1; index >= 0; index--) {
    if (index !== cursorRow) cursorRow += rowsWhenWrapped(rows[index]!, columns) - 1;
  }
  return cursorRow;
}

/** How many rows the row's first `width` columns take. */
function rowsWhenWrapped(row: Row, columns: number, width = Infinity): number {
  let rows = 1;
  let used = 0;
  let passed = 0;
  for (const cell of row) {
    passed += cell.width;
    if (passed > width) break;
    if (used + cell.width > columns) {
      rows++;
      used = 0;
    }
    used += cell.width;
  }
  return rows;
}
