import { expect, test } from 'vitest';
import type { LongText, Presentation } from '../../contract/values.ts';
import { CYAN, GREEN, RED, type Style } from '../terminal/markdown/style.ts';
import { describePresentation } from './presentation.ts';

const whole = (text: LongText): string => (typeof text === 'string' ? text : `${text.head}…whole…${text.tail}`);
const plain = (_: Style, text: string): string => text;
const describe = (presentation: Presentation, columns = 80) =>
  describePresentation(presentation, whole, plain, columns);

test('a short command is its title, and is not said twice', async () => {
  expect(await describe({ title: 'Run make test', body: 'make test' })).toEqual(['? Run make test']);
});

test.each([
  ['another command', { title: 'Run make test', body: 'make all' }, 80, '  make all'],
  ['a part of a word', { title: 'Run unmake', body: 'make' }, 80, '  make'],
  ['where the title would be cut', { title: 'Run make test', body: 'make test' }, 12, '  make test'],
])('the body is there for %s', async (_, presentation, columns, body) => {
  expect(await describe(presentation, columns)).toEqual([`? ${presentation.title}`, body]);
});

test('a title has one line, and nothing that a terminal would obey', async () => {
  const presentation = { title: 'Run a\n\x1b[2Kb', body: 'a\n\x1b[2Kb\u202E\r\nc\rd' };
  expect(await describe(presentation)).toEqual(['? Run a �[2Kb', '  a', '  �[2Kb�', '  c�d']);
});

test('a text in a blob is shown whole', async () => {
  const blob = { blob: `sha256:${'0'.repeat(64)}` as const, bytes: 9, head: 'a', tail: 'z' };
  expect(await describe({ title: 'Run', body: blob, diff: blob })).toEqual(['? Run', '  a…whole…z', '  a…whole…z']);
});

test('no line of a diff is left out, and each has the colour of what it does', async () => {
  const diff = `--- a\n+++ b\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n${'+x\n'.repeat(5000)}`;
  const styles: Style[] = [];
  const lines = await describePresentation(
    { title: 'Change', diff },
    whole,
    (style, text) => {
      styles.push(style);
      return text;
    },
    80,
  );
  expect(lines).toHaveLength(5007);
  expect(styles.slice(2, 7)).toEqual([RED, GREEN, CYAN, RED, GREEN]);
});
