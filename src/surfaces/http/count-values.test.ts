import { expect, test } from 'vitest';
import { createValueCounter } from './count-values.ts';

test.each([
  ['[1,2,3]', 3],
  ['{"a":[{},[]],"b":", [ {"}', 6],
  [String.raw`["\"[,\\",","]`, 2],
  ['["never ended [,', 1],
  ['', 0],
])('%s has %i, in whatever pieces it comes', (text, count) => {
  const bytes = Buffer.from(text);
  for (let at = 0; at <= bytes.length; at++) {
    const counted = createValueCounter();
    counted(bytes.subarray(0, at));
    expect(counted(bytes.subarray(at))).toBe(count);
  }
});
