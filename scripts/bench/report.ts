/** The tables that benchmarks print. */
import { loadavg } from 'node:os';
import { median, type Sample } from './measure.ts';

export function printTitle(title: string): void {
  console.log(`\n${title}  (load ${loadavg()[0]!.toFixed(1)})`);
}

/** Prints rows in columns; the first column to the left, the others to the right. */
export function printTable(rows: (string | undefined)[][]): void {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  for (const row of rows) {
    const cells = widths.map((width, column) =>
      column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width),
    );
    console.log(`  ${cells.join('  ')}`.trimEnd());
  }
}

export const RATIO_HEAD = ['', 'ms', '(min)', 'wall ×', '(min ×)', 'CPU ×'];

/** A variant's figures against the floor's of the same rounds: medians, in brackets those of the quickest runs. */
export function ratioCells(name: string, samples: readonly Sample[], floor: readonly Sample[]): string[] {
  const ratio = (of: (sample: Sample) => number, over: (values: number[]) => number): string =>
    (over(samples.map(of)) / over(floor.map(of))).toFixed(2);
  const quickest = (values: number[]): number => Math.min(...values);
  const wall = ({ wallMs }: Sample): number => wallMs;
  const cpu = ({ cpuMs }: Sample): number => cpuMs;
  const walls = samples.map(wall);
  return [
    name,
    median(walls).toFixed(1),
    `(${quickest(walls).toFixed(1)})`,
    ratio(wall, median),
    `(${ratio(wall, quickest)})`,
    ratio(cpu, median),
  ];
}
