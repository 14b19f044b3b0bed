/**
 * Tables. Columns are as wide as their cells where there is room, else the widest give way and their cells are wrapped; where
 * not even that fits, each row becomes a list of `header: value`.
 */
import type { Token, Tokens } from 'marked';
import { displayWidth } from '../width.ts';
import { inlineSpans } from './inline.ts';
import type { Look } from './look.ts';
import { BOLD, DIM, NORMAL, paint, styled, type Span, type Style } from './style.ts';
import { wrap } from './wrap.ts';

/** A cell that has to be narrower than this is unreadable. */
const NARROWEST_COLUMN = 8;
const GAP = 3;
/** By so much the value of `header: value` is indented under its header. */
const HANGING = 2;
/** Words up to this length are kept whole when columns get narrower. */
const LONGEST_WHOLE_WORD = 24;

type Align = Tokens.Table['align'][number];
type Inline = (tokens: Token[]) => Token[];

/** What the rows of a table have in common. Measured on the rows known so far; rows that come later are wrapped to it. */
export interface TableShape {
  header: Span[][];
  align: Align[];
  /** How wide each column would like to be. */
  natural: number[];
  /** The longest word of each column, which had better not be broken. */
  words: number[];
}

export interface Cells {
  shape: TableShape;
  rows: Span[][][];
}

export function readTable(table: Tokens.Table, inline: Inline, look: Look): Cells {
  const cell = ({ tokens }: Tokens.TableCell, style: Style): Span[] => inlineSpans(inline(tokens), look, style);
  const header = table.header.map((one) => cell(one, BOLD));
  const rows = table.rows.map((row) => row.map((one) => cell(one, NORMAL)));
  const columns = header.map((head, index) => [head, ...rows.map((row) => row[index] ?? [])].map(textOf));
  const natural = columns.map((texts) => widest(texts.flatMap((text) => text.split('\n'))));
  const words = columns.map((texts) => widest(texts.flatMap((text) => text.split(/[ \n]/))));
  return { shape: { header, align: table.align, natural, words }, rows };
}

/** A shape for a terminal so wide. */
export interface TableLayout {
  shape: TableShape;
  columns: number;
  /** The columns' widths; undefined when they don't fit side by side. */
  widths: number[] | undefined;
}

export function layOut(shape: TableShape, columns: number): TableLayout {
  return { shape, columns, widths: columnWidths(shape, columns) };
}

export function headLines({ shape, widths }: TableLayout, look: Look): string[] {
  if (widths === undefined) return [];
  const dash = look.colour ? '─' : wrapsIn(widths, shape) ? '=' : '-';
  return [...rowLines(shape.header, shape, widths, look), ruleLine(widths, look, dash)];
}

/** A row. `first` is the first one of the table: the others may need something to part them from the one before. */
export function bodyLines(row: Span[][], layout: TableLayout, look: Look, first: boolean): string[] {
  const { shape, columns, widths } = layout;
  if (widths === undefined) return [...(first ? [] : ['']), ...listLines(row, shape, look, columns)];
  const parted = wrapsIn(widths, shape) && !first ? [ruleLine(widths, look, look.colour ? '┄' : '-')] : [];
  return [...parted, ...rowLines(row, shape, widths, look)];
}

function columnWidths({ natural, words }: TableShape, columns: number): number[] | undefined {
  const room = columns - GAP * (natural.length - 1);
  const least = natural.map((width, index) =>
    Math.min(width, Math.max(NARROWEST_COLUMN, Math.min(words[index]!, LONGEST_WHOLE_WORD))),
  );
  const sum = (widths: number[]): number => widths.reduce((total, width) => total + width, 0);
  if (sum(natural) <= room) return natural;
  const floor = sum(least) <= room ? least : natural.map((width) => Math.min(width, NARROWEST_COLUMN));
  if (sum(floor) > room) return undefined;
  // One limit for all columns, as high as fits: what is narrower keeps its width, the widest give way.
  const limited = (limit: number): number[] =>
    natural.map((width, index) => Math.max(floor[index]!, Math.min(width, limit)));
  let limit = 1;
  while (sum(limited(limit + 1)) <= room) limit++;
  const widths = limited(limit);
  for (let index = 0, left = room - sum(widths); left > 0 && index < widths.length; index++) {
    if (widths[index]! >= natural[index]!) continue;
    widths[index]!++;
    left--;
  }
  return widths;
}

/** Then a rule parts the rows: else nobody sees where one ends. */
function wrapsIn(widths: number[], { natural }: TableShape): boolean {
  return natural.some((width, index) => width > widths[index]!);
}

function rowLines(row: Span[][], { align }: TableShape, widths: number[], look: Look): string[] {
  const cells = widths.map((width, index) => wrap(row[index] ?? [], Math.max(2, width)));
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  const bar = look.colour ? ` ${styled('│', DIM)} ` : ' | ';
  return Array.from({ length: height }, (_, at) => {
    const parts = cells.map((lines, index) => padded(lines[at] ?? [], widths[index]!, align[index] ?? null, look));
    return parts.join(bar).trimEnd();
  });
}

function padded(line: Span[], width: number, align: Align, look: Look): string {
  const space = Math.max(0, width - displayWidth(textOf(line)));
  const before = align === 'right' ? space : align === 'center' ? space >> 1 : 0;
  return ' '.repeat(before) + paint(line, look.colour) + ' '.repeat(space - before);
}

function ruleLine(widths: number[], { colour }: Look, dash: string): string {
  const joint = dash + (colour ? '┼' : '+') + dash;
  const line = widths.map((width) => dash.repeat(width)).join(joint);
  return colour ? styled(line, DIM) : line;
}

/** `header: value`, what doesn't fit on the line hanging under it. */
function listLines(row: Span[][], { header }: TableShape, look: Look, columns: number): string[] {
  return header.flatMap((head, index) => {
    const cell = row[index] ?? [];
    const label: Span[] = head.length === 0 ? [] : [...head, { text: ': ', style: BOLD }];
    if (label.length === 0 && cell.length === 0) return [];
    return wrap([...label, ...cell], columns - HANGING).map((line, at) =>
      paint(at === 0 ? line : [{ text: ' '.repeat(HANGING), style: NORMAL }, ...line], look.colour),
    );
  });
}

function textOf(spans: Span[]): string {
  return spans.map((span) => span.text).join('');
}

function widest(texts: string[]): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), 1);
}
