import { expect, test } from 'vitest';
import type { Io, Output } from './io.ts';
import { type Column, type OutputFormat, printRows } from './listing.ts';

interface Row {
  id: string;
  title: string;
}

const COLUMNS: Column<Row>[] = [
  { title: 'id', text: ({ id }) => id },
  { title: 'title', text: ({ title }) => title, flexible: true },
];
const ROWS: Row[] = [
  { id: 'a', title: 'first\nline, rather long' },
  { id: 'b-2', title: '日本語' },
];

const print = async (format: OutputFormat, rows: Row[], terminal: Partial<Output> = {}) => {
  const written = { out: '', err: '' };
  const output = (name: 'out' | 'err'): Output => ({
    isTty: false,
    colour: false,
    columns: undefined,
    ...terminal,
    write: (text) => void (written[name] += text),
  });
  const io = { stdout: output('out'), stderr: output('err') } as Io;
  await printRows(io, format, rows, COLUMNS, 'Nothing there.');
  return written;
};

test('a table', async () => {
  expect((await print('table', ROWS)).out).toBe('ID   TITLE\na    first line, rather long\nb-2  日本語\n');
});

test('a narrow terminal cuts the flexible column first', async () => {
  const { out } = await print('table', ROWS, { isTty: true, columns: 17 });
  expect(out).toBe('ID   TITLE\na    first line,…\nb-2  日本語\n');
});

test('colours only where they are wanted', async () => {
  expect((await print('table', ROWS, { colour: true })).out).toContain('\x1b[1mID');
});

test('for programs: all of it, as JSON or YAML', async () => {
  expect(JSON.parse((await print('json', ROWS)).out)).toEqual(ROWS);
  expect((await print('yaml', [ROWS[1]!])).out).toBe('- id: b-2\n  title: 日本語\n');
});

test('H-17 nothing is an empty list for programs, and a word on standard error for people', async () => {
  expect(await print('json', [])).toEqual({ out: '[]\n', err: '' });
  expect(await print('yaml', [])).toEqual({ out: '[]\n', err: '' });
  expect(await print('table', [])).toEqual({ out: '', err: 'Nothing there.\n' });
});
