import { expect, test } from 'vitest';
import { wrapWords } from './wrap-words.ts';

test.each([1, 0, -4])('it ends where there is no room: %i columns', (columns) => {
  expect(wrapWords('to me', columns)).toEqual(['t', 'o', 'm', 'e']);
  expect(wrapWords('日本', columns).join('')).toBe('日本');
});
