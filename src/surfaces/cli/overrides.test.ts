import { expect, test } from 'vitest';
import { splitOverrides } from './overrides.ts';

const split = (...args: string[]) => {
  const { argv, overrides } = splitOverrides(args);
  return [argv, Object.fromEntries(overrides)];
};

test('flags with a dot are configuration keys, wherever they stand', () => {
  expect(split('--a.b', '1', 'config', '--c.d_e=2=3', 'view', '--force')).toEqual([
    ['config', 'view', '--force'],
    { 'a.b': '1', 'c.d_e': '2=3' },
  ]);
});

test('the last one counts, and an empty value is one', () => {
  expect(split('--a.b=1', '--a.b=')).toEqual([[], { 'a.b': '' }]);
});

test('behind -- there are none; other things with dots stay', () => {
  expect(split('x.y', '-p', 'see --a.b', './--a.b', '--', '--a.b', '1')).toEqual([
    ['x.y', '-p', 'see --a.b', './--a.b', '--', '--a.b', '1'],
    {},
  ]);
});

test('a value must follow', () => {
  expect(() => splitOverrides(['run', '--a.b'])).toThrow('--a.b needs a value');
});
