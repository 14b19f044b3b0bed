/** What commands tell in columns. */
import { tableLines, type Column } from '../cli/listing.ts';
import { DIM, type Style } from '../terminal/markdown/style.ts';

interface Shown {
  print(lines: readonly string[]): void;
  columns(): number;
  tone(style: Style, text: string): string;
}

export function table<Row>({ print, columns }: Shown, rows: readonly Row[], layout: readonly Column<Row>[]): void {
  if (rows.length > 0) print(tableLines({ columns: columns() - 1, colour: false }, rows, layout));
}

export function fields({ print, tone }: Shown, rows: [name: string, value: string][]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  print(rows.map(([name, value]) => `  ${tone(DIM, name.padEnd(width))}  ${value}`));
}
