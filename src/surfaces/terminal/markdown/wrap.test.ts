import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayWidth } from '../width.ts';
import { BOLD, NORMAL, paint, type Span } from './style.ts';
import { fill, wrap } from './wrap.ts';

const lines = (text: string, columns: number): string[] =>
  wrap([{ text, style: NORMAL }], columns).map((line) => line.map((span) => span.text).join(''));

test.each([
  ['one two three', 7, ['one two', 'three']],
  ['one  two', 20, ['one  two']],
  [' one ', 20, ['one']],
  ['a\n\nb', 20, ['a', '', 'b']],
  ['a\n', 20, ['a']],
  ['', 20, []],
  ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
  ['to abcdefghij', 4, ['to', 'abcd', 'efgh', 'ij']],
  ['日本語の文章', 5, ['日本', '語の', '文章']],
  ['ab 日本語の文章', 7, ['ab 日本', '語の文', '章']],
  ['これは。次', 6, ['これ', 'は。次']],
  ['e\u0301'.repeat(5), 3, ['e\u0301e\u0301e\u0301', 'e\u0301e\u0301']],
  ['👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5, ['👩‍👩‍👧👩‍👩‍👧', '👩‍👩‍👧']],
  ['مرحبا بالعالم', 8, ['مرحبا', 'بالعالم']],
])('%j in %i columns', (text, columns, expected) => {
  expect(lines(text, columns)).toEqual(expected);
});

test('a word may change its style; each line closes what it opens', () => {
  const spans: Span[] = [
    { text: 'one t', style: BOLD },
    { text: 'wo three', style: NORMAL },
  ];
  expect(wrap(spans, 8).map((line) => paint(line, true))).toEqual(['\x1b[1mone t\x1b[22mwo', 'three']);
});

const text = fc.array(
  fc.constantFrom('a', 'bc', ' ', '日', '。', '👩‍👩‍👧', 'e\u0301', 'ﬁ', '\u200D', '\n', 'مر', 'abcdefghijkl'),
  { maxLength: 60 },
);

test('every line fits, and nothing but spaces is lost', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 30 }), (parts, columns) => {
      const all = parts.join('');
      const shown = lines(all, columns);
      for (const line of shown) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      expect(shown.join('').replaceAll(' ', '')).toBe(all.replaceAll(/[ \n]/g, ''));
      const filled = fill([{ text: all.replaceAll('\n', ''), style: NORMAL }], columns).map((line) =>
        paint(line, false),
      );
      expect(filled.join('')).toBe(all.replaceAll('\n', ''));
      for (const line of filled) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }),
  );
});

test('text breaks in the same places whatever letters of one column it is made of', () => {
  const latin = fc.array(fc.constantFrom('a', 'bc', ' ', '  ', '\n', 'abcdefghijkl'), { maxLength: 60 });
  fc.assert(
    fc.property(latin, fc.integer({ min: 2, max: 30 }), (parts, columns) => {
      const all = parts.join('');
      const arabic = (one: string): string => one.replaceAll('a', 'م');
      expect(lines(arabic(all), columns)).toEqual(lines(all, columns).map(arabic));
    }),
  );
});
