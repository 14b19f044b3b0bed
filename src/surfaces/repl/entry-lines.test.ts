import { expect, test } from 'vitest';
import { displayWidth } from '../terminal/width.ts';
import { createEntryLines, printedText } from './entry-lines.ts';

const narrow = (columns: number) => createEntryLines({ columns: () => columns, colour: false });
const finished = {
  call_id: 'c1', attempt: 1, outcome: 'ok' as const, output: '', output_truncated: false, files: [], taint: [],
  duration_ms: 1500,
}; // prettier-ignore

test.each([
  ['10%\r20%\r100%\n', '100%\n'],
  ['10%\r20%\r', '20%'],
  ['a\r\nb\r\n', 'a\nb\n'],
  ['a\r\r\nb', 'a\nb'],
  ['\r\r', ''],
  ['\x1b[31mred\x1b[0m and \x1b]0;title\x07plain', 'red and plain'],
  ['bell\x07 null\0', 'bell� null�'],
  ['\u202Eturned', '�turned'],
  ['a\tb', 'a    b'],
  ['', ''],
])('%j of a program is shown as %j', (text, expected) => {
  expect(printedText(text)).toBe(expected);
});

test('a long line that never goes back is read once, not once for each of its characters', () => {
  const long = 'x'.repeat(1_000_000);
  expect(printedText(long)).toBe(long);
});

test('nothing is wider than the terminal, whatever stands in it', () => {
  const { line, output, tail, finished: lines } = narrow(20);
  const wide = '漢字'.repeat(40);
  const all = [
    line(0, '!', wide),
    ...output(wide),
    ...tail(wide),
    ...lines(wide, { ...finished, outcome: 'timeout', output: wide }),
  ];
  // A title keeps a minimum beside the facts.
  expect(all.filter((one) => displayWidth(one) > 30)).toEqual([]);
});

test.each([0, -5, 1])('a terminal of %d columns gets lines all the same', (columns) => {
  const { line, output } = narrow(columns);
  expect(line(0, '!', 'something long enough')).toBe('! something…');
  expect(output('a\nb')).toEqual(['  │ a', '  │ b']);
});

test('output without any text has no lines; a single line that is left out is one line', () => {
  const { output } = narrow(60);
  expect(output('')).toEqual([]);
  expect(output('\n \n')).toEqual([]);
  expect(output('1\n2\n3\n4\n5').at(-1)).toBe('  │ … 1 more line');
});

test('of a text in a blob its size is told', () => {
  const { output } = narrow(60);
  const digest = `sha256:${'0'.repeat(64)}` as const;
  expect(output({ blob: digest, bytes: 1_234_567, head: 'first\n', tail: 'last' })).toEqual([
    '  │ first',
    '  │ … 1,234,567 bytes in all',
  ]);
});

test('an error that the output says already is not said twice', () => {
  const lines = narrow(60).finished;
  const error = { code: 'not_found', message: 'no such file' };
  expect(lines('Read a', { ...finished, outcome: 'error', error, output: 'no such file' })).toEqual([
    '',
    '● Read a · error, 1s',
    '  │ no such file',
  ]);
  expect(lines('Read a', { ...finished, outcome: 'error', error, output: 'x' })).toContain('  │ no such file');
});

test.each([
  ['granted', 'once', '✓ approved'],
  ['granted', 'session', '✓ approved, and again in this session'],
  ['granted', 'always', '✓ approved, from now on always'],
  ['denied', 'once', '✗ denied'],
  ['expired', 'once', '✗ expired: nobody answered in time'],
] as const)('an approval that was %s (%s) reads %s', (outcome, scope, expected) => {
  const by = { actor: { id: 'local', role: 'operator' as const }, via: 'repl' };
  expect(narrow(80).resolved({ approval_id: 'a-1', outcome, scope, by })).toBe(expected);
});
