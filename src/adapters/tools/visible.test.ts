import { expect, test } from 'vitest';
import { visible } from './visible.ts';

test('nothing that a terminal would act on is left, and nothing is lost', () => {
  expect(visible('\x1b[2K\rrm\x00\x9b')).toBe('\\x1b[2K\\rrm\\x00\\x9b');
  expect(visible('a\u202egnp.exe\u2066')).toBe('a‹U+202E›gnp.exe‹U+2066›');
  expect(visible('a\u200bb\ufeff\u{e0041}')).toBe('a‹U+200B›b‹U+FEFF›‹U+E0041›');
  expect(visible('Grüße, 世界 😀')).toBe('Grüße, 世界 😀');
  expect(visible('rm\u00a0x')).toBe('rm\\xa0x');
  expect(visible('rm\u00a0x', { lines: true, code: true })).toBe('rm\\xa0x');
  expect(visible('10\u00a0%\n', { lines: true })).toBe('10\u00a0%\n');
  expect(visible('a\n\tb')).toBe('a\\n\\tb');
  expect(visible('a\n\tb\r\n', { lines: true })).toBe('a\n\tb\\r\n');
});

test('marks are not piled up, nor put onto what stands before the text', () => {
  expect(visible('e\u0301')).toBe('e\u0301');
  expect(visible('\u0301x')).toBe('‹U+0301›x');
  expect(visible('a\n\u0301x', { lines: true })).toBe('a\n‹U+0301›x');
  expect(visible(`a${'\u0300'.repeat(1000)}`)).toBe(`a${'\u0300'.repeat(4)}${'‹U+0300›'.repeat(996)}`);
});
