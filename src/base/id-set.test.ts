import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdSet } from './id-set.ts';

test('has whatever was added', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (ids) => {
      const set = createIdSet();
      ids.forEach(set.add);
      expect(ids.every(set.mayHave)).toBe(true);
    }),
  );
});

test('takes hardly any other id for one of its own', () => {
  const set = createIdSet();
  for (let n = 0; n < 10_000; n++) set.add(`e-${n}`);
  const others = Array.from({ length: 10_000 }, (_, n) => `a-${n}`);
  expect(others.filter(set.mayHave).length).toBeLessThan(10);
});
