import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffSequences, type Run } from './sequence-diff.ts';

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');
const shown = (runs: Run[]): string => runs.map((run) => `${{ both: '', a: '-', b: '+' }[run.in]}${run.items.join(' ')}`).join(' | '); // prettier-ignore

test.each([
  ['the same words', 'the same words', 'the same words'],
  ['one two three', 'one 2 three', 'one | -two | +2 | three'],
  ['', 'new', '+new'],
  ['gone', '', '-gone'],
  ['a b c d', 'a c d e', 'a | -b | c d | +e'],
])('%j, %j', (a, b, expected) => {
  expect(shown(diffSequences(words(a), words(b)))).toBe(expected);
});

test('each side is what both have and what only it has', () => {
  const sequence = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      const runs = diffSequences(a, b);
      const side = (where: 'a' | 'b') =>
        runs.flatMap((run) => (run.in === 'both' || run.in === where ? run.items : []));
      expect([side('a'), side('b')]).toEqual([a, b]);
      runs.forEach((run, index) => expect(run.in).not.toBe(runs[index + 1]?.in));
    }),
  );
});

test('what is too long to be compared is different as a whole, but for its ends', () => {
  const long = (word: string) => ['begin', ...Array.from({ length: 3000 }, (_, index) => `${word}${index}`), 'end'];
  expect(diffSequences(long('a'), long('b')).map((run) => run.in)).toEqual(['both', 'a', 'b', 'both']);
});
