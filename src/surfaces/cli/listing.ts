/** Lists as people and programs want them: `-o table|json|yaml`. */
import type { Io, Output } from './io.ts';
import { paint } from './paint.ts';
import { displayWidth, oneLine, truncate } from './width.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

export interface Column<Row> {
  title: string;
  text: (row: Row) => string;
  /** Gives way first where the terminal is too narrow. */
  flexible?: true;
}

const GAP = '  ';
const NARROWEST_COLUMN = 8;

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
  if (format === 'json') return io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  const { dump } = await import('js-yaml');
  io.stdout.write(dump(value, { lineWidth: -1, noRefs: true }));
}

function tableLines<Row>(output: Output, rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  const cells = rows.map((row) => columns.map(({ text }) => oneLine(text(row))));
  const titles = columns.map(({ title }) => title.toUpperCase());
  const widths = fit(
    titles.map((title, index) =>
      cells.reduce((widest, line) => Math.max(widest, displayWidth(line[index]!)), displayWidth(title)),
    ),
    columns,
    output.columns,
  );
  const lay = (line: string[]): string =>
    line
      .map((cell, index) => {
        const cut = truncate(cell, widths[index]!);
        return cut + ' '.repeat(widths[index]! - displayWidth(cut));
      })
      .join(GAP)
      .trimEnd();
  return [paint(output, 'bold', lay(titles)), ...cells.map(lay)];
}

/** Narrows the flexible columns, then, where that isn't enough, the widest ones. Without a terminal nothing is cut. */
function fit<Row>(natural: number[], columns: readonly Column<Row>[], available: number | undefined): number[] {
  const widths = [...natural];
  if (available === undefined) return widths;
  const room = available - GAP.length * (columns.length - 1);
  const excess = (): number => widths.reduce((sum, width) => sum + width, 0) - room;
  const shrinkWidest = (candidates: number[]): void => {
    while (excess() > 0) {
      const [widest] = candidates.sort((a, b) => widths[b]! - widths[a]!);
      if (widest === undefined || widths[widest]! <= NARROWEST_COLUMN) return;
      widths[widest]!--;
    }
  };
  const all = [...columns.keys()];
  shrinkWidest(all.filter((index) => columns[index]!.flexible));
  shrinkWidest(all);
  return widths;
}
