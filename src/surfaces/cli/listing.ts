/** Lists as people and programs want them: `-o table|json|yaml`. */
import type { Io, Output } from './io.ts';
import { jsonText } from './json-text.ts';
import { paint } from './paint.ts';
import { displayWidth, oneLine, truncate } from '../terminal/width.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

export interface Column<Row> {
  title: string;
  text: (row: Row) => string;
  /**
   * Where the terminal is too narrow: `flexible` gives way first, as long as it stays readable; `spare` is left out, the
   * last one first; `whole` is never cut, as an id that a person copies.
   */
  narrow?: 'flexible' | 'spare' | 'whole';
}

const GAP = '  ';
const NARROWEST_COLUMN = 8;
/** Before a flexible column gets narrower, spare ones go. */
const READABLE_COLUMN = 24;

/** Prints rows. `empty` is said on standard error where a table would have no line. */
export async function printRows<Row>(
  io: Io,
  format: OutputFormat,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  empty: string,
): Promise<void> {
  if (format !== 'table') return printValue(io, format, rows);
  if (rows.length === 0) io.stderr.write(`${empty}\n`);
  else for (const line of tableLines(io.stdout, rows, columns)) io.stdout.write(`${line}\n`);
}

/** Prints a value for programs. */
export async function printValue(io: Io, format: 'json' | 'yaml', value: unknown): Promise<void> {
  if (format === 'json') return io.stdout.write(`${jsonText(io.stdout, value, 2)}\n`);
  const { dump } = await import('js-yaml');
  io.stdout.write(dump(value, { lineWidth: -1, noRefs: true }));
}

interface LaidColumn {
  title: string;
  cells: string[];
  width: number;
  narrow: Column<never>['narrow'];
}

/** The lines of a table, cut to the output's width where it has one. */
export function tableLines<Row>(
  output: Pick<Output, 'columns' | 'colour'>,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): string[] {
  const natural = columns.map(({ title, text, narrow }): LaidColumn => {
    const cells = rows.map((row) => oneLine(text(row)));
    const width = cells.reduce((widest, cell) => Math.max(widest, displayWidth(cell)), displayWidth(title));
    return { title: title.toUpperCase(), cells, width, narrow };
  });
  const laid = output.columns === undefined ? natural : fit(natural, output.columns);
  const lay = (cellOf: (column: LaidColumn) => string): string =>
    laid
      .map((column) => {
        const cut = truncate(cellOf(column), column.width);
        return cut + ' '.repeat(column.width - displayWidth(cut));
      })
      .join(GAP)
      .trimEnd();
  const head = lay(({ title }) => title);
  return [paint(output, 'bold', head), ...rows.map((_, row) => lay(({ cells }) => cells[row]!))];
}

/** Without a terminal nothing is cut. On one too narrow for the narrowest table, its lines wrap. */
function fit(natural: readonly LaidColumn[], available: number): LaidColumn[] {
  const excess = (columns: readonly LaidColumn[], width: (column: LaidColumn) => number): number =>
    columns.reduce((sum, column) => sum + width(column), GAP.length * (columns.length - 1)) - available;
  const narrowest = ({ width, narrow }: LaidColumn): number =>
    narrow === 'whole' ? width : Math.min(width, narrow === 'flexible' ? READABLE_COLUMN : NARROWEST_COLUMN);
  const laid = natural.map((column) => ({ ...column }));
  while (excess(laid, narrowest) > 0) {
    const last = laid.findLastIndex(({ narrow }) => narrow === 'spare');
    if (last === -1) break;
    laid.splice(last, 1);
  }
  const shrink = (candidates: LaidColumn[]): void => {
    while (excess(laid, ({ width }) => width) > 0) {
      const [widest] = candidates.sort((a, b) => b.width - a.width);
      if (widest === undefined || widest.width <= NARROWEST_COLUMN) return;
      widest.width--;
    }
  };
  shrink(laid.filter(({ narrow }) => narrow === 'flexible'));
  shrink(laid.filter(({ narrow }) => narrow !== 'whole'));
  return laid;
}
