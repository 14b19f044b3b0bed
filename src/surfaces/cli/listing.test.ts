import { expect, test } from 'vitest';
import type { Io, Output } from './io.ts';
import { type Column, type OutputFormat, printRows } from './listing.ts';

interface Row {
  id: string;
  title: string;
}

const COLUMNS: Column<Row>[] = [
  { title: 'id', text: ({ id }) => id, narrow: 'whole' },
  { title: 'title', text: ({ title }) => title, narrow: 'flexible' },
  { title: 'size', text: ({ title }) => String(title.length), narrow: 'spare' },
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
  expect((await print('table', ROWS)).out).toBe(
    'ID   TITLE                    SIZE\na    first line, rather long  23\nb-2  日本語                   3\n',
  );
});

test('a narrow terminal leaves spare columns out first', async () => {
  const { out } = await print('table', ROWS, { isTty: true, columns: 29 });
  expect(out).toBe('ID   TITLE\na    first line, rather long\nb-2  日本語\n');
});

test('then the flexible column is cut', async () => {
  const { out } = await print('table', ROWS, { isTty: true, columns: 17 });
  expect(out).toBe('ID   TITLE\na    first line,…\nb-2  日本語\n');
});

test('an id is whole on the narrowest one', async () => {
  const rows = [{ id: 's-01m7w931t0s9cfxb79tf0pk9j1', title: 'a title' }];
  expect((await print('table', rows, { isTty: true, columns: 20 })).out).toContain(rows[0]!.id);
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
