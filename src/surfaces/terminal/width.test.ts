import stringWidth from 'fast-string-width';
import { expect, test } from 'vitest';
import { displayWidth, graphemes, NARROW, oneLine, SIMPLE, truncate } from './width.ts';

test.each([
  ['abc', 3],
  ['日本語', 6],
  ['한글', 4],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['✅', 2],
  ['❤️', 2],
  ['…—é', 3],
  ['🇩🇪', 2],
  ['👍🏽', 2],
  ['1️⃣', 2],
  ['\u1112\u1161\u11AB', 2],
  ['नमस्ते', 4],
  ['a\u200Bb', 2],
  ['می\u200Cخواهم', 7],
  ['ｱ', 1],
  ['', 0],
])('%s takes %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%s in %i columns is %s', (text, columns, expected) => {
  expect(truncate(text, columns)).toBe(expected);
});

test('one line shows nothing that moves the cursor or hides text', () => {
  expect(oneLine('a \n b\x1b[31mred\x07\u202Etxt')).toBe('a b\uFFFD[31mred\uFFFD\uFFFDtxt');
});

test('simple characters stand alone beside any other', () => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const units = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
  const simple = units.filter((unit) => SIMPLE.test(unit));
  const text = [...simple, ...simple.toReversed()].join('');
  expect([...segmenter.segment(text)].map(({ segment }) => segment)).toEqual([...text]);
  const narrow = units.filter((unit) => NARROW.test(unit));
  expect(narrow.filter((unit) => !SIMPLE.test(unit) || stringWidth(unit) !== 1)).toEqual([]);
  expect([...graphemes('e\u0301→👩‍👩‍👧')]).toEqual(['e\u0301', '→', '👩‍👩‍👧']);
});
