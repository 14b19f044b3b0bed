import { expect, test } from 'vitest';
import { createHistory } from './history.ts';
import { createEditor, paste, withHint, withText, type EditorState } from './state.ts';
import { press } from './testing/press.ts';
import { viewOf } from './view.ts';

const holding = (text: string): EditorState => withText(createEditor(createHistory([])), text);

test('each line has its prompt, a wrapped one only in its first row', () => {
  expect(viewOf(holding('one two three\nfour\n'), 12, 9)).toEqual({
    lines: ['> one two ', '  three', '… four', '… '],
    cursor: { row: 3, column: 2 },
  });
});

test('behind a full row there is room for the cursor', () => {
  expect(viewOf(holding('123456789'), 12, 9)).toEqual({ lines: ['> 123456789'], cursor: { row: 0, column: 11 } });
  expect(viewOf(holding('1234567890'), 12, 9)).toEqual({
    lines: ['> 123456789', '  0'],
    cursor: { row: 1, column: 3 },
  });
});

test('wide characters take their columns', () => {
  const state = press(holding('漢字かな交'), 'left').state;
  expect(viewOf(state, 11, 9)).toEqual({ lines: ['> 漢字かな', '  交'], cursor: { row: 1, column: 2 } });
});

test('what is too high is scrolled, the cursor stays in sight', () => {
  const state = holding(Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n'));
  const rowsAt = (keys: string) => {
    const { lines, cursor } = viewOf(press(state, keys).state, 40, 5);
    return [lines[0], lines.at(-1), cursor.row];
  };
  expect(rowsAt('')).toEqual(['… line 95', '… line 99', 4]);
  expect(rowsAt('up')).toEqual(['… line 95', '… line 99', 3]);
  expect(rowsAt('up '.repeat(50))).toEqual(['… line 47', '… line 51', 2]);
  expect(rowsAt('C-home down')).toEqual(['> line 0', '… line 4', 1]);
  expect(viewOf(state, 40, 1).lines).toEqual(['… line 99']);
});

test('a hint stands behind the text, as long as the cursor is at its end', () => {
  const empty = withHint(holding(''), 'ask anything');
  expect(viewOf(empty, 40, 5)).toEqual({ lines: ['> ask anything'], cursor: { row: 0, column: 2 } });
  expect(viewOf(empty, 10, 5).lines).toEqual(['> ask an…']);
  expect(viewOf(withHint(holding('/mod'), 'el'), 40, 5).lines).toEqual(['> /model']);
  expect(viewOf(press(withHint(holding('/mod'), 'el'), 'left').state, 40, 5).lines).toEqual(['> /mod']);
});

test('parts have their look', () => {
  const look = {
    prompt: (text: string) => `P(${text})`,
    faint: (text: string) => `F(${text})`,
    selected: (text: string) => `S(${text})`,
    atom: (text: string) => `A(${text})`,
  };
  const state = withHint(paste(holding(''), 'x\n'.repeat(11)), 'hint');
  expect(viewOf(state, 60, 5, look).lines).toEqual(['P(> )A([pasted 11 lines #1])F(hint)']);
});

test('a label that is too long for the terminal is cut', () => {
  expect(viewOf(paste(holding(''), 'x\n'.repeat(11)), 14, 5)).toEqual({
    lines: ['> [pasted 11…'],
    cursor: { row: 0, column: 13 },
  });
});
