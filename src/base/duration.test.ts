import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['24h', 86_400_000],
  ['0s', 0],
  ['36525d', 3_155_760_000_000],
  ['99999999999999999999d', 3_155_760_000_000],
])('%s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '30', 's', '1 m', '-1s', '1m 30s', '1x', '1s!', 'Infinitys'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
