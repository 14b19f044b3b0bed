import { expect, test } from 'vitest';
import { parsePatch } from './parse-patch.ts';

const patch = (...lines: string[]): string => ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');

test('every kind of section', () => {
  expect(
    parsePatch(
      patch(
        '*** Add File: new.txt', '+one', '+', '*** Delete File: old.txt', '*** Update File: a b.ts', '*** Move to: c.ts',
        '@@ class A', '@@   run() {', ' x', '-y', '+z', '', ' w', '*** End of File', '*** Update File: d', '-1', '+2',
        '@@', '+3', '',
      ),
    ),
  ).toEqual({
    sections: [
      { kind: 'add', path: 'new.txt', lines: ['one', ''] },
      { kind: 'delete', path: 'old.txt' },
      {
        kind: 'update',
        path: 'a b.ts',
        moveTo: 'c.ts',
        hunks: [
          {
            anchors: ['class A', '  run() {'],
            lines: [
              { op: ' ', text: 'x' }, { op: '-', text: 'y' }, { op: '+', text: 'z' }, { op: ' ', text: '' },
              { op: ' ', text: 'w' },
            ],
            endOfFile: true,
          },
        ],
      },
      {
        kind: 'update',
        path: 'd',
        hunks: [
          { anchors: [], lines: [{ op: '-', text: '1' }, { op: '+', text: '2' }], endOfFile: false },
          { anchors: [], lines: [{ op: '+', text: '3' }], endOfFile: false },
        ],
      },
    ],
  }); // prettier-ignore
});

test('what models add around it does no harm', () => {
  const plain = parsePatch(patch('*** Update File: a', '@@', '-x', '+y'));
  expect(parsePatch(`\n${patch('*** Update File: a', '@@', '-x', '+y')}\n\n`)).toEqual(plain);
  expect(parsePatch(`<<'EOF'\n${patch('*** Update File: a', '@@', '-x', '+y')}\nEOF`)).toEqual(plain);
  expect(parsePatch(patch('  *** Update File: a  ', '@@ -1,3 +1,4 @@ function x', '-x', '+y'))).toEqual(plain);
  expect(parsePatch(patch('*** Update File: a', '@@', '-x', '+y').replaceAll('\n', '\r\n'))).toEqual(plain);
});

test('blank lines between two hunks belong to neither', () => {
  const hunks = ['@@', '-1', '+2', '', '', '@@', '-3', '', '+4'];
  expect(parsePatch(patch('*** Update File: a', ...hunks))).toEqual({
    sections: [
      {
        kind: 'update',
        path: 'a',
        hunks: [
          { anchors: [], lines: [{ op: '-', text: '1' }, { op: '+', text: '2' }], endOfFile: false },
          {
            anchors: [],
            lines: [{ op: '-', text: '3' }, { op: ' ', text: '' }, { op: '+', text: '4' }],
            endOfFile: false,
          },
        ],
      },
    ],
  }); // prettier-ignore
});

// Looked at again for each other one, they would take longer than a test may.
test('very many blank lines are what they are', () => {
  const text = patch('*** Update File: a', '@@', `-1${'\n'.repeat(400_000)}`, '+2');
  expect(parsePatch(text)).toMatchObject({ sections: [{ kind: 'update', path: 'a' }] });
});

test.each([
  ['', 'the first line must be "*** Begin Patch"'],
  ['*** Begin Patch', 'the last line must be "*** End Patch"'],
  ['*** Begin Patch\n*** Add File: a', 'the last line must be "*** End Patch"'],
  [patch(), 'the patch names no file'],
  [patch('hello'), 'line 2, "hello": must begin with one of "*** Add File: "'],
  [patch('*** Add File: a', '+x', 'y'), 'line 4, "y": every line of an added file begins with "+"'],
  [patch('*** Delete File: a', '-x'), 'line 3, "-x": nothing follows a Delete File line'],
  [patch('*** Update File: a'), 'the update of a holds no change'],
  [patch('*** Update File: a', '@@'), 'every line of a hunk begins with'],
  [patch('*** Update File: a', '@@', 'x'), 'line 4, "x": every line of a hunk begins with'],
  [patch('*** Update File: a', '@@', '-x', 'y'), 'line 5, "y": a hunk begins with "@@"'],
  [patch('*** Update File: a', '*** End of File'), 'a hunk without lines ends here'],
])('%j is refused', (text, message) => {
  expect(parsePatch(text)).toEqual({ refused: expect.stringContaining(message) as string });
});
