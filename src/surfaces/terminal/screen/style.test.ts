import { expect, test } from 'vitest';
import { createLook, hidesBlanks, transition } from './style.ts';

test.each([
  [['1'], '1'],
  [['1', '31'], '1;31'],
  [['31', '1'], '1;31'],
  [['1;2', '22'], ''],
  [['31', '32'], '32'],
  [['31', '39'], ''],
  [['38;5;200', '1'], '1;38;5;200'],
  [['38;2;1;2;3;4'], '4;38;2;1;2;3'],
  [['38:2::1:2:3'], '38:2::1:2:3'],
  [['4:3', '4:0'], ''],
  [['4:3', '1', '24'], '1'],
  [['97;107'], '97;107'],
  [['7', '27;48;5;1', '49'], ''],
  [['1;31', ''], ''],
  [['1;31', '0;3'], '3'],
  [['58;5;3', '59'], ''],
])('%j looks like %j', (sequences, sgr) => {
  const look = createLook();
  expect(sequences.map((parameters) => look.apply(parameters)).at(-1)).toBe(sgr);
});

test.each([
  ['', '', true],
  ['1;31', '', true],
  ['4', '', false],
  ['38;5;4', '', true],
  ['7', '', false],
  ['48;5;1', '', false],
  ['1;102', '', false],
  ['', ';http://x/', false],
])('a blank in %j, linked to %j, is hidden: %s', (sgr, link, hidden) => {
  expect(hidesBlanks({ sgr, link })).toBe(hidden);
});

test('from one look to another', () => {
  const plain = { sgr: '', link: '' };
  expect(transition(plain, plain)).toBe('');
  expect(transition(plain, { sgr: '1;31', link: ';http://x/' })).toBe('\x1b[1;31m\x1b]8;;http://x/\x1b\\');
  expect(transition({ sgr: '1', link: 'id=1;http://x/' }, { sgr: '31', link: '' })).toBe('\x1b[0;31m\x1b]8;;\x1b\\');
  expect(transition({ sgr: '1', link: '' }, plain)).toBe('\x1b[m');
});
