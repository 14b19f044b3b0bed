import { expect, test } from 'vitest';
import { filesIn, saidOf } from './said.ts';

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

test('images and documents are named, with what they are', () => {
  const blob = `sha256:${'0'.repeat(64)}` as const;
  const parts = [
    { type: 'text' as const, text: 'look' },
    { type: 'image' as const, blob, media_type: 'image/png', name: 'a.png', bytes: 1234 },
    { type: 'file' as const, blob, media_type: 'application/pdf', bytes: 5 },
  ];
  const files = ['@a.png · image/png, 1,234 bytes', '@without a name · application/pdf, 5 bytes'];
  expect(filesIn(parts)).toEqual(files);
  expect(saidOf(['look'], files)).toEqual({ text: 'look', left: 0, with: files });
});
