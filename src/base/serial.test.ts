import { expect, test } from 'vitest';
import { createSerial } from './serial.ts';

test('work of one key runs one after the other, in order, and a failure stops nothing', async () => {
  const inOrder = createSerial();
  const order: string[] = [];
  const work =
    (name: string, fails = false) =>
    async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  const results = await Promise.allSettled([
    inOrder('k', work('a')),
    inOrder('k', work('b', true)),
    inOrder('k', work('c')),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('work of different keys runs side by side', async () => {
  const inOrder = createSerial();
  const never = inOrder('a', () => new Promise<never>(() => {}));
  expect(await inOrder('b', async () => 'done')).toBe('done');
  void never;
});
