import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heldRows } from './held-rows.ts';
import { displayWidth } from './width.ts';

test('short lines stay as they are, behind the edge', () => {
  expect(heldRows('a\n\nb  c', 20)).toEqual(['  a', '  ', '  b  c']);
});

test('a long line goes on behind a mark, and no row is as wide as the terminal', () => {
  expect(heldRows('abcdefghijklmnopqrstu', 14)).toEqual(['  abcdefghijk', '↪ lmnopqrstu']);
});

describe('nothing that others wrote stands at the left edge', () => {
  test.each([
    ['blanks up to the margin', `ls${' '.repeat(78)}? Run ls`],
    ['wide characters up to the margin', `${'世'.repeat(39)}status: granted`],
    ['tabs up to the margin', `ls${'\t'.repeat(20)}y yes · n no`],
    ['a tab at the margin', `${'x'.repeat(77)}\ty yes`],
    ['a carriage return', 'rm -rf x\r? Run ls'],
    ['cursor movements', 'rm -rf x\x1b[2K\x1b[1G? Run ls'],
    ['a line separator', 'rm\u2028? Run ls\u0085? Run ls'],
    ['backspaces', `rm -rf x${'\b'.repeat(40)}ls`],
  ])('%s', (_, text) => {
    const rows = heldRows(text, 80);
    for (const row of rows) {
      expect(row).toMatch(/^(?: {2}|↪ )/);
      expect(displayWidth(row)).toBeLessThan(80);
      // oxlint-disable-next-line no-control-regex
      expect(row).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
    }
    expect(rows.join('').replaceAll(/[→\s]/g, '').length).toBeGreaterThanOrEqual(text.replaceAll(/\s/g, '').length - 1);
  });

  test('any text', () => {
    const nasty = fc.constantFrom('\t', '\n', '\r', '\x1b[', '世', 'e\u0301', '\u200b', '\u202e', '👨‍👩‍👧', ' ', '\u0301', '\u{e0041}', 'a'); // prettier-ignore
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 200 }), fc.integer({ min: 13, max: 60 }), (parts, columns) => {
        for (const row of heldRows(parts.join(''), columns)) {
          expect(row).toMatch(/^(?: {2}|↪ )/);
          expect(displayWidth(row)).toBeLessThan(columns);
        }
      }),
    );
  });
});

test('each row has the colour of its line', () => {
  const paint = (row: string, line: string): string => (line.startsWith('+') ? `<${row}>` : row);
  expect(heldRows('+aaaaaaaaaaaa\n b', 13, undefined, paint)).toEqual(['  <+aaaaaaaaa>', '↪ <aaa>', '   b']);
});

test('without a terminal no line is broken', () => {
  expect(heldRows('x'.repeat(500), undefined)).toEqual([`  ${'x'.repeat(500)}`]);
});
