import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKnownValues, inOneLine, SHORTEST } from './known-values.ts';

const letters = (unit: string[]): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...unit), maxLength: 14 });
const values = fc.array(
  letters(['a', 'b', '\n']).filter((value) => inOneLine(value).length >= SHORTEST),
  { maxLength: 4 },
);

it('finds from left to right the longest, whatever line ends stand in it', () => {
  fc.assert(
    fc.property(values, fc.array(letters(['a', 'b', 'a', 'b', '\n', '\r'])), (known, parts) => {
      const text = [...known, ...parts, ...known].join('');
      const { found, until } = createKnownValues(known.map((value) => ({ name: value, value }))).find(text, true);
      expect(until).toBe(text.length);
      let at = 0;
      for (const { name, from, to } of found) {
        expect(anyIn(text.slice(at, from), known)).toBe(false);
        expect(inOneLine(text.slice(from, to))).toBe(inOneLine(name));
        const begun = known.filter((value) => inOneLine(text.slice(from)).startsWith(inOneLine(value)));
        expect(Math.max(...begun.map((value) => inOneLine(value).length))).toBe(inOneLine(name).length);
        at = to;
      }
      expect(anyIn(text.slice(at), known)).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

function anyIn(text: string, known: readonly string[]): boolean {
  return known.some((value) => inOneLine(text).includes(inOneLine(value)));
}

it('takes no longer for a value that nearly stands everywhere, nor for line ends without end', () => {
  const { find } = createKnownValues([{ name: 'A', value: `${'a'.repeat(40)}b` }]);
  for (const text of ['a'.repeat(3_000_000), `aaaaaaaa${'\n'.repeat(3_000_000)}`, 'a\n'.repeat(1_500_000)]) {
    expect(find(text, true).found).toEqual([]);
    // What may begin a value is never more than a value with its line ends.
    expect(text.length - find(text, false).until).toBeLessThan(200);
  }
});
