import { expect, test } from 'vitest';
import { RuntimeError } from '../../contract/errors.ts';
import type { Io } from './io.ts';
import { reportError } from './report-error.ts';

const report = (thrown: unknown, colour = false) => {
  let text = '';
  const stderr = { isTty: colour, colour, columns: undefined, write: (part: string) => void (text += part) };
  return { code: reportError({ stderr } as Io, thrown), text };
};

test('what is wrong, then what to do', () => {
  expect(report(new RuntimeError('locked', 'locked by pid 7\nsince noon'))).toEqual({
    code: 3,
    text: 'error: locked by pid 7\n       since noon\nnext: Wait until it ends, or stop that process.\n',
  });
});

test('whatever was thrown', () => {
  expect(report(Object.assign(new Error('EACCES: x'), { code: 'EACCES' }))).toMatchObject({ code: 1 });
  expect(report('oh').text).toMatch(/^error: oh\nnext: This is a bug/);
});

test('colours where they are wanted', () => {
  expect(report(new RuntimeError('usage', 'x'), true).text).toBe(
    '\x1b[31merror:\x1b[0m x\n\x1b[1mnext:\x1b[0m See `runtime --help`.\n',
  );
});
