/** The cursor among the rows that a person sees, and from one to the next. */
import { nextBoundary } from './graphemes.ts';
import { lineEnd, lineStart } from './motion.ts';
import { rowsOf, shownWidth, type Layout } from './wrap.ts';

/** One row: offsets in the text. `first`: of its line. `last`: of its line; its end may hold the cursor. */
export interface TextRow {
  readonly start: number;
  readonly end: number;
  readonly first: boolean;
  readonly last: boolean;
}

/** The rows of the line in which the offset is; of a long one those up to well behind it. */
export function rowsOfLine(text: string, offset: number, layout: Layout): readonly TextRow[] {
  const from = lineStart(text, offset);
  const to = lineEnd(text, offset);
  const { starts, complete } = rowsOf(text.slice(from, to), offset - from, layout);
  const known = complete ? starts : starts.slice(0, -1);
  return known.map((start, index) => ({
    start: from + start,
    end: from + (starts[index + 1] ?? to - from),
    first: index === 0,
    last: index === starts.length - 1,
  }));
}

/** Which of the rows the cursor is in: where one ends and the next begins, in the next. */
export function rowIndexAt(rows: readonly TextRow[], cursor: number): number {
  return rows.findLastIndex(({ start }) => start <= cursor);
}

/** Columns from the row's start to the offset. */
export function columnAt(text: string, row: TextRow, offset: number, layout: Layout): number {
  let column = 0;
  for (let at = row.start, next; at < offset; at = next) {
    next = nextBoundary(text, at);
    column += shownWidth(text, at, next, layout);
  }
  return column;
}

/** One row up or down, as near to the column as may be; undefined beyond the first and the last. */
export function verticalMove(
  text: string,
  cursor: number,
  goal: number | undefined,
  direction: -1 | 1,
  layout: Layout,
): { cursor: number; goal: number } | undefined {
  const rows = rowsOfLine(text, cursor, layout);
  const index = rowIndexAt(rows, cursor);
  const wanted = goal ?? columnAt(text, rows[index]!, cursor, layout);
  const target = rows[index + direction] ?? neighbour(text, rows, direction, layout);
  return target === undefined ? undefined : { cursor: offsetAt(text, target, wanted, layout), goal: wanted };
}

function neighbour(text: string, rows: readonly TextRow[], direction: -1 | 1, layout: Layout): TextRow | undefined {
  const offset = direction === -1 ? rows[0]!.start - 1 : rows.at(-1)!.end + 1;
  if (offset < 0 || offset > text.length) return undefined;
  return rowsOfLine(text, offset, layout).at(direction === -1 ? -1 : 0);
}

function offsetAt(text: string, row: TextRow, goal: number, layout: Layout): number {
  let column = 0;
  let at = row.start;
  while (at < row.end) {
    const next = nextBoundary(text, at);
    column += shownWidth(text, at, next, layout);
    // The end of a row that goes on is the start of the next.
    if (column > goal || (next === row.end && !row.last)) break;
    at = next;
  }
  return at;
}
