import { expect, test } from 'vitest';
import { mayBeIn } from './may-be-in.ts';

test('by what is directly in it', () => {
  const [own, root] = [mayBeIn(import.meta.dirname), mayBeIn('/')];
  const paths = ['may-be-in.ts', 'May-Be-In.ts/a', 'nobody/a'].map((name) => `${import.meta.dirname}/${name}`);
  expect(paths.map(own)).toEqual([true, true, false]);
  expect([import.meta.dirname, '/nobody/a'].map(root)).toEqual([true, false]);
  expect(mayBeIn('/nobody')('/nobody/a')).toBe(true);
});
