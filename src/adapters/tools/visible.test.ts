import { expect, test } from 'vitest';
import { visible } from './visible.ts';

test('nothing that a terminal would act on is left, and nothing is lost', () => {
  expect(visible('\x1b[2K\rrm\x00\x9b')).toBe('\\x1b[2K\\rrm\\x00\\x9b');
  expect(visible('a\u202egnp.exe\u2066')).toBe('a‹U+202E›gnp.exe‹U+2066›');
  expect(visible('a\u200bb\ufeff\u{e0041}')).toBe('a‹U+200B›b‹U+FEFF›‹U+E0041›');
  expect(visible('Grüße, 世界 😀')).toBe('Grüße, 世界 😀');
  expect(visible('a\n\tb')).toBe('a\\n\\tb');
  expect(visible('a\n\tb\r\n', { lines: true })).toBe('a\n\tb\\r\n');
});
