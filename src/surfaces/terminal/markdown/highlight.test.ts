import { expect, test } from 'vitest';
import { loadHighlight } from './highlight.ts';
import { CYAN, DIM, GREEN, MAGENTA, NORMAL, type Span } from './style.ts';

const highlight = await loadHighlight();

/** Each line's text and its first style. */
function styles(language: string, lines: string[]): Span[][] {
  const code = highlight(language)!;
  return lines.map((line) => {
    const peeked = code.peek(line);
    const spans = code.next(line);
    expect(peeked).toEqual(spans);
    expect(spans.map((span) => span.text).join('')).toBe(line);
    return spans;
  });
}

test('a comment over many lines is one on each of them', () => {
  const lines = ['let a = 1; /* one', ...Array.from({ length: 50 }, () => 'let b;'), 'end */ let c;'];
  const shown = styles('typescript', lines);
  expect(shown[40]).toEqual([{ text: 'let b;', style: DIM }]);
  expect(shown.at(-1)![0]).toEqual({ text: 'end */', style: DIM });
  expect(shown.at(-1)).toContainEqual({ text: 'let', style: MAGENTA });
});

test('a string that is open goes on, and ends where it ends', () => {
  const shown = styles('python', ['"""doc', 'for x', '"""', 'for x in y:']);
  expect(shown[1]).toEqual([{ text: 'for x', style: GREEN }]);
  expect(shown[3]![0]).toEqual({ text: 'for', style: MAGENTA });
});

test('a script in a page is code of its own', () => {
  const shown = styles('html', ['<script>', 'const a = 1;', 'const b = 2;', '</script>']);
  expect(shown[2]![0]).toEqual({ text: 'const', style: MAGENTA });
});

test('empty and very long lines are lines', () => {
  expect(styles('json', ['', '{"a": 1}', `"${'x'.repeat(2000)}"`])[2]).toEqual([
    { text: `"${'x'.repeat(2000)}"`, style: NORMAL },
  ]);
});

const NAMES =
  'bash c cpp csharp css diff dockerfile go html xml ini toml java javascript js json kotlin lua make makefile markdown md php ' +
  'python py ruby rust rs scss shell sh console sql swift typescript ts tsx jsx yaml yml';

test.each(NAMES.split(' '))('%s is known', (name) => {
  expect(highlight(name)).toBeDefined();
});

test('of a Dockerfile the shell is highlighted too', () => {
  const [first, second] = styles('dockerfile', ['FROM node:24', 'RUN echo "$HOME"']);
  expect(first![0]).toEqual({ text: 'FROM', style: MAGENTA });
  expect(second).toContainEqual({ text: 'echo', style: CYAN });
});

test('a language that isn’t known isn’t guessed', () => {
  expect(highlight('klingon')).toBeUndefined();
});
