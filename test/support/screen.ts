/** What is on the screen of an emulated terminal, as text. */
import type { IBuffer, IBufferCell, IBufferLine, Terminal as Emulator } from '@xterm/headless';
import fastStringWidth from 'fast-string-width';

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** The visible rows, without the blanks at their ends and the empty rows at the end. */
export function screenOf({ buffer, rows }: Emulator): string {
  return trimmed(visibleLines(buffer.active, rows).map((line) => line.translateToString(true).trimEnd()));
}

/** All lines from the first, as they were written: what the terminal wrapped is one line. Not of the alternate screen. */
export function scrollbackOf({ buffer: { normal } }: Emulator): string {
  const lines: string[] = [];
  for (let y = 0; y < normal.length; y++) {
    const line = normal.getLine(y)!;
    const next = normal.getLine(y + 1);
    const text = next?.isWrapped === true ? wrappedText(line, next) : line.translateToString(true);
    if (line.isWrapped) lines.push(`${lines.pop() ?? ''}${text}`);
    else lines.push(text);
  }
  return trimmed(lines.map((line) => line.trimEnd()));
}

/** As `screenOf`, with `<bold red>…</>` around what has a style. */
export function styledOf({ buffer, rows }: Emulator): string {
  return trimmed(visibleLines(buffer.active, rows).map(styledRow));
}

/**
 * Has the emulator count columns as terminals of today do: emoji take two. Code point by code point, so what is joined
 * by a joiner, or made an emoji by a variation selector, is as wide as its parts.
 */
export function countColumnsAsToday({ unicode }: Emulator): void {
  const wcwidth = (codePoint: number): 0 | 1 | 2 => {
    if (codePoint < 0x7f) return codePoint < 0x20 ? 0 : 1;
    return Math.min(2, fastStringWidth(String.fromCodePoint(codePoint))) as 0 | 1 | 2;
  };
  unicode.register({
    version: 'today',
    wcwidth,
    // The emulator's packing: bit 0 joins the cell before, bits 1 and 2 are the width.
    charProperties(codePoint, before) {
      const own = wcwidth(codePoint);
      const widthBefore = (before >> 1) & 3;
      const joins = own === 0 && widthBefore > 0;
      return ((joins ? widthBefore : own) << 1) | (joins ? 1 : 0);
    },
  });
  unicode.activeVersion = 'today';
}

/** Whether the cursor is shown: the emulator has no word for it. */
export function watchCursor({ parser }: Emulator): () => boolean {
  const SHOW_CURSOR = 25;
  let visible = true;
  for (const final of ['h', 'l']) {
    parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
      if (modes.includes(SHOW_CURSOR)) visible = final === 'h';
      return false; // the emulator goes on with it
    });
  }
  return () => visible;
}

function visibleLines(buffer: IBuffer, rows: number): IBufferLine[] {
  return Array.from({ length: rows }, (_, y) => buffer.getLine(buffer.baseY + y)!);
}

/** The text of a full row. Where a wide character didn't fit at its end, the column that it left is not part of it. */
function wrappedText(line: IBufferLine, next: IBufferLine): string {
  const leftOver = line.getCell(line.length - 1)?.getCode() === 0 && next.getCell(0)?.getWidth() === 2;
  return line.translateToString(false, 0, leftOver ? line.length - 1 : line.length);
}

function styledRow(line: IBufferLine): string {
  let row = '';
  let style = '';
  for (let x = 0; x < line.length; x++) {
    const cell = line.getCell(x)!;
    if (cell.getWidth() === 0) continue; // the second half of a wide character
    const next = styleOf(cell);
    if (next !== style) row += `${style === '' ? '' : '</>'}${next === '' ? '' : `<${next}>`}`;
    style = next;
    row += cell.getChars() || ' ';
  }
  return (style === '' ? row : `${row}</>`).trimEnd();
}

function styleOf(cell: IBufferCell): string {
  const names = [
    cell.isBold() && 'bold',
    cell.isDim() && 'dim',
    cell.isItalic() && 'italic',
    cell.isUnderline() && 'underline',
    cell.isInverse() && 'inverse',
    cell.isStrikethrough() && 'struck',
    cell.isInvisible() && 'hidden',
    !cell.isFgDefault() && colour(cell.getFgColor(), cell.isFgRGB()),
    !cell.isBgDefault() && `on-${colour(cell.getBgColor(), cell.isBgRGB())}`,
  ];
  return names.filter((name) => typeof name === 'string').join(' ');
}

function colour(value: number, isRgb: boolean): string {
  if (isRgb) return `#${value.toString(16).padStart(6, '0')}`;
  if (value >= 16) return `colour-${value}`;
  return value < 8 ? COLOURS[value]! : `bright-${COLOURS[value - 8]}`;
}

function trimmed(rows: string[]): string {
  return rows.slice(0, rows.findLastIndex((row) => row !== '') + 1).join('\n');
}
