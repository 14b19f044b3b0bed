/** Styled lines as rows of cells, so that rows can be compared, cut and painted in part. */
import { displayWidth, graphemes, isNarrow, NARROW, visibleText } from '../width.ts';
import { PLAIN, createLook, hidesBlanks, type Style } from './style.ts';

/** One character as people count them. `width`: columns, 1 or 2. */
export interface Cell {
  readonly text: string;
  readonly width: number;
  readonly style: Style;
}

export type Row = readonly Cell[];

/** SGR, OSC 8, and whatever else begins with ESC: that means nothing in a line and is left out. */
const SEQUENCE =
  // oxlint-disable-next-line no-control-regex
  /\x1b(?:\[([0-9;:]*)m|\]8;([^\x07\x1b]*)(?:\x07|\x1b\\)|\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.?)/gs;
/** Most lines: nothing in it but colours needs a look. */
const STYLED_NARROW = new RegExp(`^${NARROW.source}*(?:\\x1b\\[[0-9;:]*m${NARROW.source}*)*$`);
const TAB_STOP = 8;

/** A piece of a styled line: text that is safe to show, the parameters of an SGR, or those of an OSC 8. */
type Piece = { text: string } | { sgr: string } | { link: string };

/** The cells of a line that fit in so many columns, without blanks at the end. */
export function rowOf(line: string, columns: number): Row {
  const cells: Cell[] = [];
  const look = createLook();
  let style = PLAIN;
  let column = 0;
  for (const piece of piecesOf(line)) {
    if ('sgr' in piece) style = { ...style, sgr: look.apply(piece.sgr) };
    else if ('link' in piece) style = { ...style, link: piece.link };
    else {
      for (const text of charactersOf(piece.text, () => column)) {
        const width = displayWidth(text);
        if (width === 0) attach(cells, text);
        else if (column + width > columns) return trimmed(cells);
        else cells.push({ text, width, style });
        column += width;
      }
    }
  }
  return trimmed(cells);
}

/** The line for the scrollback, however long: nothing but colours and links stays in it, and both end with it. */
export function printable(line: string): string {
  if (isNarrow(line)) return line;
  if (STYLED_NARROW.test(line)) return `${line}\x1b[m`;
  let printed = '';
  let styled = false;
  let linked = false;
  for (const piece of piecesOf(line)) {
    if ('text' in piece) printed += piece.text;
    else if ('sgr' in piece) {
      printed += `\x1b[${piece.sgr}m`;
      styled = true;
    } else {
      printed += `\x1b]8;${piece.link || ';'}\x1b\\`;
      linked = piece.link !== '';
    }
  }
  return `${printed}${styled ? '\x1b[m' : ''}${linked ? '\x1b]8;;\x1b\\' : ''}`;
}

/** The line's text alone. */
export function unstyled(line: string): string {
  return [...piecesOf(line)].map((piece) => ('text' in piece ? piece.text : '')).join('');
}

/** Columns that the row's cells before `end` take. */
export function widthOfRow(row: Row, end = row.length): number {
  let width = 0;
  for (let index = 0; index < end; index++) width += row[index]!.width;
  return width;
}

export function sameCell(a: Cell | undefined, b: Cell | undefined): boolean {
  return a?.text === b?.text && a?.style.sgr === b?.style.sgr && a?.style.link === b?.style.link;
}

function* piecesOf(line: string): Iterable<Piece> {
  let at = 0;
  if (line.includes('\x1b')) {
    for (const { index, 0: sequence, 1: sgr, 2: link } of line.matchAll(SEQUENCE)) {
      if (index > at) yield { text: safe(line.slice(at, index)) };
      at = index + sequence.length;
      if (sgr !== undefined) yield { sgr };
      // `parameters;address`: without an address a link ends.
      else if (link !== undefined) yield { link: link.endsWith(';') ? '' : safe(link) };
    }
  }
  if (at < line.length) yield { text: safe(line.slice(at)) };
}

function safe(text: string): string {
  return isNarrow(text) ? text : visibleText(text).replaceAll('\n', '\ufffd');
}

/** The text's characters; tabs as the spaces to their next stop. */
function* charactersOf(text: string, column: () => number): Iterable<string> {
  if (isNarrow(text)) return yield* text;
  for (const character of graphemes(text)) {
    if (character !== '\t') yield character;
    else for (let spaces = TAB_STOP - (column() % TAB_STOP); spaces > 0; spaces--) yield ' ';
  }
}

/** What has no width of its own belongs to the character before it. */
function attach(cells: Cell[], text: string): void {
  const last = cells.pop();
  if (last !== undefined) cells.push({ ...last, text: last.text + text });
}

function trimmed(cells: Cell[]): Row {
  for (let last = cells.at(-1); last?.text === ' ' && hidesBlanks(last.style); last = cells.at(-1)) cells.pop();
  return cells;
}
