import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_PASTES } from './pastes.ts';
import { rowsOf, shownWidth } from './wrap.ts';
import { nextBoundary } from './graphemes.ts';

const layout = (columns: number) => ({ columns, pastes: NO_PASTES });

function rows(line: string, columns: number): string[] {
  const { starts } = rowsOf(line, line.length, layout(columns));
  return starts.map((start, index) => line.slice(start, starts[index + 1]));
}

test.each([
  ['', ['']],
  ['hello', ['hello']],
  ['hello world', ['hello ', 'world']],
  ['one two three', ['one ', 'two ', 'three']],
  ['abcdefgh', ['abcde', 'fgh']],
  ['ab cdefghi', ['ab ', 'cdefg', 'hi']],
  ['abcde  fg', ['abcde ', ' fg']],
  ['漢字漢字', ['漢字', '漢字']],
  ['hello ', ['hello', ' ']],
])('%j in five columns', (line, expected) => expect(rows(line, 5)).toEqual(expected));

test('a long line that was edited is laid out as if it were new', () => {
  const word = fc.constantFrom('a', 'word', ' ', '  ', '漢字', 'e\u0301', '👨‍👩‍👧', 'longer-than-the-others', '\t');
  const text = fc.array(word, { minLength: 400, maxLength: 600 }).map((words) => words.join(' ').repeat(8));
  const edits = fc.array(fc.record({ at: fc.nat(), remove: fc.nat(40), insert: word, look: fc.nat() }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(text, edits, fc.integer({ min: 4, max: 40 }), (start, changes, columns) => {
      let line = start;
      for (const { at, remove, insert, look } of changes) {
        rowsOf(line, look % line.length, layout(columns));
        const from = at % line.length;
        line = line.slice(0, from) + insert + line.slice(from + remove);
        const offset = look % line.length;
        const { starts, complete } = rowsOf(line, offset, layout(columns));
        // Other pastes: nothing is remembered for them.
        const anew = rowsOf(line, line.length, { columns, pastes: { byAtom: new Map(), count: 0 } });
        expect(anew.complete).toBe(true);
        expect(starts).toEqual(complete ? anew.starts : anew.starts.slice(0, starts.length));
        expect(complete || starts.at(-1)! > offset + 1000).toBe(true);
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
});

test('no row is wider than the columns and a hanging blank', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.integer({ min: 2, max: 20 }), (text, columns) => {
      const line = text.replaceAll('\n', ' ');
      for (const row of rows(line, columns)) {
        let width = 0;
        for (let at = 0, next; at < row.length; at = next) {
          next = nextBoundary(row, at);
          width += shownWidth(row, at, next, layout(columns));
        }
        expect(width - (row.endsWith(' ') ? 1 : 0)).toBeLessThanOrEqual(Math.max(columns, 4));
      }
    }),
  );
});
