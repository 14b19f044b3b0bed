import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completed } from './editor.ts';
import { createHistory } from './history.ts';
import { createEditor, paste, textOf, withText, type EditorState } from './state.ts';
import { press, shown } from './testing/press.ts';
import { viewOf } from './view.ts';

const empty = (...history: string[]): EditorState => createEditor(createHistory(history));
const after = (keys: string, state = empty()): string => shown(press(state, keys).state);
const intentsOf = (keys: string, state = empty()) => press(state, keys).intents;
const holding = (text: string): EditorState => withText(empty(), text);

describe('moving', () => {
  test.each([
    ['"abc" left left', 'a|bc'],
    ['"abc" C-a C-f', 'a|bc'],
    ['"abc" home right end left', 'ab|c'],
    ['"one two" M-b', 'one |two'],
    ['"one two" C-left C-left M-f', 'one| two'],
    ['"one.two" M-left M-left M-right', 'one|.two'],
    ['"ab" C-j "cd" C-a', 'ab\n|cd'],
    ['"ab" C-j "cd" up C-e', 'ab|\ncd'],
    ['"ab" C-j "cd" C-home', '|ab\ncd'],
    ['left right "x"', 'x|'],
  ])('%s: %j', (keys, expected) => expect(after(keys)).toBe(expected));

  test.each(['👨‍👩‍👧', '🇩🇪🇫🇷', 'é', '각', 'क्षि', '1️⃣', '👍🏽', '漢', 'ไม่'])('a character is not split: %s', (text) => {
    const boundaries = [...new Intl.Segmenter('en').segment(text)].map(({ index }) => index);
    let state = holding(`a${text}b`);
    const visited: number[] = [];
    for (let step = 0; step <= boundaries.length; step++) {
      state = press(state, 'left').state;
      visited.push(state.buffer.cursor);
    }
    expect(visited).toEqual([text.length, ...boundaries.toReversed()].map((offset) => offset + 1));
    const erased = press(holding(text), 'backspace '.repeat(boundaries.length)).state;
    expect(erased.buffer.text).toBe('');
  });

  test('up and down go by the rows that are seen, and keep the column', () => {
    const { state } = press(holding('one two three four five'), 'up', 13); // 10 columns of text
    expect(viewOf(state, 13, 9).lines).toEqual(['> one two ', '  three four ', '  five']);
    expect(shown(state)).toBe('one two thre|e four five');
  });

  test('the column survives a shorter line', () => {
    const state = holding('long line\nx\nanother line');
    expect(after('up', state)).toBe('long line\nx|\nanother line');
    expect(after('up up', state)).toBe('long line|\nx\nanother line');
    expect(after('up up left down down', state)).toBe('long line\nx\nanother |line');
  });
});

describe('editing', () => {
  test.each([
    ['"abc" backspace C-h', 'a|'],
    ['"abc" C-a delete C-d', '|c'],
    ['"abc def" C-a C-k C-y C-y', 'abc defabc def|'],
    ['"ab" C-j "cd" up C-e C-k', 'ab|cd'],
    ['"ab" C-j "cd" C-u C-u', 'ab|'],
    ['"a b/c d" C-w C-w C-y', 'a b/c d|'],
    ['"a b-c" M-backspace', 'a b-|'],
    ['"one two three" C-a M-d M-d C-e C-y', ' threeone two|'],
    ['"one" C-w "two" C-w C-y M-y', 'one|'],
    ['"one" C-w "two" C-w C-y M-y M-y', 'two|'],
    ['"x" M-y', 'x|'],
    ['"abc" C-t', 'acb|'],
    ['"abc" left left C-t', 'ba|c'],
    ['"a" C-t', 'a|'],
    ['"ab" S-enter "c" M-enter "d" C-j "e"', 'ab\nc\nd\ne|'],
    ['"a\\" enter "b"', 'a\nb|'],
  ])('%s: %j', (keys, expected) => expect(after(keys)).toBe(expected));

  test.each([
    ['"one two" C-_', 'one |'],
    ['"one two" C-_ C-_', '|'],
    ['"one two" C-_ C-_ C-_', '|'],
    ['"one two" C-_ C-_ C-M-_', 'one |'],
    ['"one two" C-x C-u C-x C-r', 'one two|'],
    ['"one" C-_ "x" C-M-_', 'x|'],
    ['"one" left "x" C-/', 'on|e'],
    ['"abc" C-w C-_', 'abc|'],
  ])('undone: %s: %j', (keys, expected) => expect(after(keys)).toBe(expected));

  test('control characters in it are seen and do nothing', () => {
    const state = paste(empty(), 'a\x1b[2Jb\r\nc\td\u202e\ud800');
    expect(state.buffer.text).toBe('a\ufffd[2Jb\nc\td\ufffd\ufffd');
    expect(viewOf(state, 40, 5).lines).toEqual(['> a\ufffd[2Jb', '… c    d\ufffd\ufffd']);
  });
});

describe('what is left to others', () => {
  test.each([
    ['"hi" enter', [{ type: 'submit', text: 'hi' }]],
    ['C-c', [{ type: 'cancel' }]],
    ['C-d', [{ type: 'leave' }]],
    ['"a" C-d', []],
    ['escape', [{ type: 'escape' }]],
    ['"a" tab', [{ type: 'complete', request: 1, text: 'a', cursor: 1 }]],
    ['"a" C-g', [{ type: 'edit_externally', text: 'a' }]],
    ['"a" C-x C-e', [{ type: 'edit_externally', text: 'a' }]],
    ['C-x C-c', []],
    ['C-l', [{ type: 'redraw' }]],
    ['C-z', [{ type: 'suspend' }]],
    [
      'page_up page_down',
      [
        { type: 'page', direction: 'up' },
        { type: 'page', direction: 'down' },
      ],
    ],
    ['f1 insert C-q M-ü', []],
  ])('%s', (keys, intents) => expect(intentsOf(keys)).toEqual(intents));

  test('after a submit it is empty', () => {
    const { state } = press(empty(), '"hi" enter');
    expect(shown(state)).toBe('|');
    expect(after('C-_', state)).toBe('|');
    expect(after('up', state)).toBe('hi|');
  });
});

describe('history', () => {
  const state = empty('one', 'two', 'two', ' ', 'three\nlines');

  test.each([
    ['up', 'three\nlines|'],
    ['up up', 'three|\nlines'],
    ['up up up', 'two|'],
    ['C-p C-p C-p C-p', 'one|'],
    ['"draft" C-p C-p C-n C-n', 'draft|'],
    ['"draft" down', 'draft|'],
    ['C-p C-p "!" C-p C-n', 'two!|'],
    ['C-p C-p "!" C-n C-n "x" enter C-p C-p C-p', 'two|'],
    ['C-p C-p "!" C-p C-n C-_', 'two|'],
    ['C-p C-p enter C-p', 'two|'],
  ])('%s: %j', (keys, expected) => expect(after(keys, state)).toBe(expected));

  test('it keeps a thousand', () => {
    const { entries } = createHistory(Array.from({ length: 1500 }, (_, index) => `${index}`));
    expect([entries.length, entries[0], entries.at(-1)]).toEqual([1000, '500', '1499']);
  });
});

describe('searching the history', () => {
  const state = empty('git push', 'ls -l', 'git status', 'make test');

  test.each([
    ['C-r "git" escape', '|git status'],
    ['C-r "git" C-r escape', '|git push'],
    ['C-r "git" C-r C-s escape', '|git status'],
    ['C-r "GIT s" escape', '|git status'],
    ['C-r "gitx" backspace escape', '|git status'],
    ['"draft" C-r "git" C-g', 'draft|'],
    ['"draft" C-r "nothing" escape', 'draft|'],
    ['C-r "tat" C-a', '|git status'],
    ['C-r "tat" tab "X"', 'git sXtatus|'],
    ['C-r "git" escape C-n', 'make test|'],
  ])('%s: %j', (keys, expected) => expect(after(keys, state).replace('X|tatus', 'Xtatus|')).toBe(expected));

  test('Enter submits what was found', () => {
    expect(intentsOf('C-r "push" enter', state)).toEqual([{ type: 'submit', text: 'git push' }]);
  });

  test('it says what it looks for', () => {
    expect(viewOf(press(state, 'C-r "tat"').state, 40, 5)).toEqual({
      lines: ['> git status', 'search the history: tat'],
      cursor: { row: 0, column: 7 },
    });
    expect(viewOf(press(state, 'C-r "tax"').state, 40, 5).lines).toEqual(['> git status', 'not in the history: tax']);
  });
});

describe('completing', () => {
  const items = [{ value: '/help', detail: 'what can be done' }, { value: '/history' }, { value: '/model' }];
  const asked = (keys: string): EditorState => press(empty(), `${keys} tab`).state;

  test('the only one is inserted', () => {
    const state = completed(asked('"see fo"'), 1, { from: 4, to: 6, items: [{ value: 'foo.ts' }] });
    expect(shown(state)).toBe('see foo.ts|');
  });

  test('what all have in common is inserted', () => {
    const state = completed(asked('"f"'), 1, { from: 0, to: 1, items: [{ value: 'foo🇩🇪' }, { value: 'foo🇩🇬' }] });
    expect(shown(state)).toBe('foo|');
    expect(state.completion.menu).toBeUndefined();
  });

  test('among several one can be chosen', () => {
    const state = completed(asked('"/"'), 1, { from: 0, to: 1, items });
    expect(viewOf(state, 40, 10).lines).toEqual(['> /', '› /help     what can be done', '  /history', '  /model']);
    expect(after('down enter', state)).toBe('/history|');
    expect(after('tab tab tab enter', state)).toBe('/help|');
    expect(after('S-tab enter', state)).toBe('/model|');
    expect(after('"m" enter', state)).toBe('/model|');
    expect(after('"h" down "i" enter "!"', state)).toBe('/history!|');
    expect(after('"h" backspace up enter', state)).toBe('/model|');
    expect(press(state, 'enter').intents).toEqual([]);
  });

  test.each(['escape', '"x"', 'left', 'backspace', 'C-c'])('the menu is closed by %s', (key) => {
    const { state, intents } = press(completed(asked('"/"'), 1, { from: 0, to: 1, items }), key);
    expect([state.completion.menu, intents]).toEqual([undefined, []]);
  });

  test('an answer that is too late changes nothing', () => {
    const answer = { from: 0, to: 1, items };
    for (const keys of ['"x"', 'left', 'enter', 'escape "x"']) {
      const { state } = press(asked('"/"'), keys);
      expect(completed(state, 1, answer)).toEqual(state);
    }
    const { state } = press(asked('"/"'), 'tab');
    expect(completed(state, 1, answer)).toEqual(state);
    expect(completed(state, 2, answer).completion.menu).toBeDefined();
  });

  test.each([
    { from: 0, to: 9 },
    { from: -1, to: 1 },
    { from: 2, to: 2 },
  ])('an answer for another text is none: %j', (range) => {
    expect(shown(completed(asked('"/"'), 1, { ...range, items }))).toBe('/|');
  });

  test('a long menu scrolls', () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ value: `a${index}` }));
    const { state } = press(completed(asked('"a"'), 1, { from: 0, to: 1, items: many }), 'tab '.repeat(20));
    const { lines } = viewOf(state, 40, 24);
    expect(lines).toHaveLength(10);
    expect(lines).toContain('› a20');
    expect(lines.at(-1)).toBe('  21 of 30');
  });
});

describe('large pastes', () => {
  const lines = Array.from({ length: 2345 }, (_, index) => `line ${index}`).join('\n');

  test('are shown as one thing, and submitted whole', () => {
    const state = press(paste(press(empty(), '"see "').state, lines), '" ok"').state;
    expect(viewOf(state, 60, 5).lines).toEqual(['> see [pasted 2,345 lines #1] ok']);
    expect(textOf(state)).toBe(`see ${lines} ok`);
    expect(press(state, 'enter').intents).toEqual([{ type: 'submit', text: `see ${lines} ok` }]);
    expect(viewOf(paste(state, 'x'.repeat(1001)), 70, 5).lines[0]).toContain('[pasted 1,001 characters #2]');
  });

  test('are moved over, deleted, killed and brought back as one', () => {
    const state = paste(empty(), lines);
    expect(press(state, 'left').state.buffer.cursor).toBe(0);
    expect(textOf(press(state, 'backspace').state)).toBe('');
    expect(textOf(press(state, 'backspace C-_').state)).toBe(lines);
    expect(textOf(press(state, 'C-u enter C-y').state)).toBe(lines);
  });

  test('small ones are text', () => {
    expect(paste(empty(), 'a\nb').buffer.text).toBe('a\nb');
  });

  test('for a completion it is a placeholder, so that offsets stay', () => {
    const { intents } = press(paste(empty(), lines), '"ab" tab');
    expect(intents).toEqual([{ type: 'complete', request: 1, text: '\ufffcab', cursor: 3 }]);
  });
});

test('whatever is pressed, no character is split, and the view fits and holds the cursor', () => {
  const keys = fc.constantFrom(
    ...'left right up down home end C-left C-right backspace delete C-k C-u C-w C-y M-y M-d C-t C-_ C-M-_ C-j'.split(
      ' ',
    ),
    ...'C-p C-n C-r escape C-s tab enter C-x M-b M-f C-home "a" "漢" "👨" "\u200d" "👩" "\u0301" "🇩" " " "x y z"'.split(
      / (?!y|z|"$)/,
    ),
  );
  const segmenter = new Intl.Segmenter('en');
  fc.assert(
    fc.property(
      fc.array(keys, { maxLength: 40 }),
      fc.integer({ min: 8, max: 30 }),
      fc.integer({ min: 1, max: 6 }),
      (pressed, columns, rows) => {
        let state = paste(empty('entry one', 'zwei 漢字\nthree'), 'x'.repeat(2000));
        for (const key of pressed) {
          state = press(state, key, columns).state;
          const { text, cursor } = state.buffer;
          const boundaries = [...segmenter.segment(text.replace(/[\udc00-\udfff]/gu, '\n'))].map(({ index }) => index);
          expect([...boundaries, text.length]).toContain(cursor);
          const view = viewOf(state, columns, rows);
          expect(view.lines.length).toBeLessThanOrEqual(rows);
          expect(view.lines[view.cursor.row]).toBeDefined();
          expect(view.cursor.column).toBeLessThan(columns);
        }
      },
    ),
    { numRuns: 400 },
  );
});
