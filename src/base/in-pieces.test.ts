import { expect, test } from 'vitest';
import { isInPieces } from './in-pieces.ts';

test.each<[text: string, pieces: string[], is: boolean]>([
  ['abc', ['abc'], true],
  ['abc', ['ab'], false],
  ['abc', ['a', 'c'], true],
  ['abcd', ['', 'b', ''], true],
  ['abcd', ['a', 'c', 'b', 'd'], false],
  ['aba', ['ab', 'ba'], false], // none counts twice
  ['abab', ['ab', 'ab'], true],
  ['', ['', ''], true],
])('%j of %j: %j', (text, pieces, is) => expect(isInPieces(text, pieces)).toBe(is));
