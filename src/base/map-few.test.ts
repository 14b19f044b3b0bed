import { expect, test } from 'vitest';
import { mapFew } from './map-few.ts';

test('gives all in their order, and works on so many at a time', async () => {
  let [working, most] = [0, 0];
  const doubled = await mapFew([5, 1, 4, 2, 3], 2, async (value) => {
    most = Math.max(most, ++working);
    for (let turn = 0; turn < value; turn++) await Promise.resolve();
    working--;
    return value * 2;
  });
  expect(doubled).toEqual([10, 2, 8, 4, 6]);
  expect(most).toBe(2);
});

test('one that fails is told', async () => {
  await expect(mapFew([1, 2, 3], 2, async (value) => Promise.reject(new Error(String(value))))).rejects.toThrow('1');
});
