import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allOf, countBefore, firstOf, insert, lastOf, remove, sortedList } from './sorted-list.ts';

const values = fc.uniqueArray(fc.nat(10_000), { maxLength: 3000, size: 'max' });

test('whatever is added and removed: it is sorted, and says how many go before each', () => {
  fc.assert(
    fc.property(values, values, (added, removed) => {
      const list = sortedList<number>((one, other) => one - other);
      for (const value of added) insert(list, value);
      for (const value of removed) remove(list, value);
      const gone = new Set(removed);
      const left = added.filter((value) => !gone.has(value)).sort((one, other) => one - other);
      expect(allOf(list)).toEqual(left);
      expect([firstOf(list), lastOf(list)]).toEqual([left[0], left.at(-1)]);
      expect(left.map((value) => countBefore(list, value))).toEqual(left.map((_, place) => place));
      expect(countBefore(list, 10_001)).toBe(left.length);
    }),
    { numRuns: 50 },
  );
});
