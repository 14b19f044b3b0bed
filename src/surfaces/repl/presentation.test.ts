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
])('the body is there for %s', async (_, presentation, columns, body) => {
  expect(await describe(presentation, columns)).toEqual([`? ${presentation.title}`, body]);
});

test.each([
  ['of which the title has the beginning', 'Run make all …', 'make all the-rest', '? Run'],
  ['of several lines', 'Run make all …', 'make all\nmake test', '? Run'],
  ['in another folder', 'Run make … in sub for at most 5 ms', 'make test', '? Run in sub for at most 5 ms'],
  ['which holds an ellipsis itself', 'Run echo … and …', 'echo … and so on', '? Run'],
])('a command %s is said once', async (_, title, body, heading) => {
  expect(await describe({ title, body })).toEqual([heading, ...body.split('\n').map((line) => `  ${line}`)]);
});

test('a command that is too wide for its title stands below it', async () => {
  expect(await describe({ title: 'Run make test', body: 'make test' }, 12)).toEqual(['? Run', '  make test']);
});

test('a title that begins otherwise than its body is shown', async () => {
  expect(await describe({ title: 'Run make all …', body: 'rm -rf all' })).toEqual(['? Run make all …', '  rm -rf all']);
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
