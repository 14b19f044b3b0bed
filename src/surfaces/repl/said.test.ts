import { expect, test } from 'vitest';
import { saidOf } from './said.ts';

test('what was typed is shown, and of what goes with it only what it is', () => {
  const parts = [
    'I ran `ls\n-l` myself (exit code 0):\na\nb\n',
    'I tried to run `nope`, but: spawn failed',
    'What is in @a.md?',
    'The file a.md:\none\ntwo\n',
    'The file b.md:\none',
  ];
  expect(saidOf(parts)).toEqual({
    text: 'What is in @a.md?',
    left: 0,
    with: ['!ls\n-l · exit code 0', '!nope · not run', '@a.md · 2 lines', '@b.md · 1 line'],
  });
});

test('of a long message the beginning; one line more is no reason to cut', () => {
  const lines = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}`).join('\n');
  expect(saidOf([lines(21)])).toEqual({ text: lines(21), left: 0, with: [] });
  expect(saidOf([lines(50)])).toEqual({ text: lines(20), left: 30, with: [] });
});
