import { expect, test } from 'vitest';
import { jsonText } from './json-text.ts';

test('on a terminal nothing of it moves the cursor; it says the same, there and elsewhere', () => {
  const value = { a: 'x\u009b2J\u007f\u202ey\u001b[31m', b: ['ä'] };
  const shown = jsonText({ isTty: true }, value);
  expect(shown).toBe('{"a":"x\\u009b2J\\u007f\\u202ey\\u001b[31m","b":["ä"]}');
  expect(JSON.parse(shown)).toEqual(value);
  expect(jsonText({ isTty: false }, value)).toBe(JSON.stringify(value));
  expect(jsonText({ isTty: true }, [1], 2)).toBe('[\n  1\n]');
});
