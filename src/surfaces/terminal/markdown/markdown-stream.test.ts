/** When lines are settled, and what is shown before. */
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createMarkdownStream, renderMarkdown, type MarkdownOptions } from './markdown-stream.ts';

const PLAIN: MarkdownOptions = { columns: 40, colour: false, hyperlinks: false };
const COLOUR: MarkdownOptions = { columns: 40, colour: true, hyperlinks: true };

const plain = (text: string, columns = 40): string[] => renderMarkdown(text, { ...PLAIN, columns });

test('a paragraph is settled by the blank line after it', () => {
  const stream = createMarkdownStream(PLAIN);
  expect(stream.push('one\ntwo\n')).toEqual([]);
  expect(stream.live()).toEqual(['one two']);
  expect(stream.push('\n')).toEqual(['one two']);
  expect(stream.live()).toEqual([]);
  expect(stream.push('three')).toEqual([]);
  expect(stream.live()).toEqual(['', 'three']);
  expect(stream.end()).toEqual(['', 'three']);
});

test('lines of code are settled one by one', () => {
  const stream = createMarkdownStream(PLAIN);
  expect(stream.push('```js\nlet a;')).toEqual([]);
  expect(stream.live()).toEqual(['  let a;']);
  expect(stream.push('\nlet b')).toEqual(['  let a;']);
  expect(stream.push(';\n\n``')).toEqual(['  let b;', '']);
  expect(stream.live()).toEqual([]);
  expect(stream.push('`\n')).toEqual([]);
  expect(stream.end()).toEqual([]);
});

test('an item is settled when the next one has begun', () => {
  const stream = createMarkdownStream(PLAIN);
  expect(stream.push('1. one\n')).toEqual([]);
  expect(stream.push('1. two\n\n')).toEqual(['1. one']);
  expect(stream.push('1. three\n   - inner\n')).toEqual(['2. two']);
  expect(stream.live()).toEqual(['', '3. three', '   - inner']);
  expect(stream.push('\nText\n')).toEqual(['', '3. three', '   - inner']);
  expect(stream.end()).toEqual(['', 'Text']);
});

test('what is in a long item is settled while it goes on', () => {
  const stream = createMarkdownStream(PLAIN);
  const lines = Array.from({ length: 30 }, (_, index) => `   line ${index};`);
  const settled = stream.push(`1. Run:\n   \`\`\`sh\n${lines.join('\n')}\n`);
  expect(settled.slice(0, 3)).toEqual(['1. Run:', '     line 0;', '     line 1;']);
  expect(settled).toHaveLength(31);
  expect(stream.push('   ```\nlazy? no: this is behind code\n\n2. Next\n')).toEqual([
    '',
    'lazy? no: this is behind code',
  ]);
  expect(stream.end()).toEqual(['', '2. Next']);
});

test('a paragraph on one long line is settled line by line, but for what is still open', () => {
  const stream = createMarkdownStream(PLAIN);
  const settled = stream.push(`${'word and more '.repeat(80)}**`);
  expect(settled.length).toBeGreaterThan(20);
  expect(new Set(settled.map((line) => line.length <= 40))).toEqual(new Set([true]));
  const open = stream.push('bold '.repeat(300));
  expect(open.join(' ')).not.toContain('bold');
  const rest = stream.push('end**\n\n');
  expect([...settled, ...open, ...rest]).toEqual(plain(`${'word and more '.repeat(80)}**${'bold '.repeat(300)}end**`));
});

test('a table is live for 30 rows; then its columns are fixed and rows are settled one by one', () => {
  const stream = createMarkdownStream(PLAIN);
  expect(stream.push(`|a|b|\n|-|-|\n${'|one|two|\n'.repeat(29)}`)).toEqual([]);
  expect(stream.live()).toHaveLength(31);
  expect(stream.push('|one|two|\n')).toHaveLength(32);
  expect(stream.push('|four words are wrapped|x|\n')).toEqual([
    'fou | x',
    'r   |',
    'wor |',
    'ds  |',
    'are |',
    'wra |',
    'ppe |',
    'd   |',
  ]);
  expect(stream.push('\nText')).toEqual([]);
  expect(stream.end()).toEqual(['', 'Text']);
});

test('a reference is a link when its target is known by then', () => {
  expect(plain('[a]: https://e.com\n\n[text][a], [a], [later]\n\n[later]: https://e.com/l')).toEqual([
    '[a]: https://e.com',
    '',
    'text (https://e.com), a (https://e.com),',
    '[later]',
    '',
    '[later]: https://e.com/l',
  ]);
});

test.each([
  ['Some **bol', ['Some *bol*']],
  ['Some **', ['Some']],
  ['Run `npm i', ['Run `npm i`']],
  ['See [the do', ['See the do']],
  ['See [the doc](https://exam', ['See the doc']],
  ['text\n-', ['text']],
  ['- [', []],
  ['```js\nlet a;\n``', []],
])('what is being written doesn’t show its marks: %j', (text, live) => {
  const stream = createMarkdownStream(PLAIN);
  stream.push(text);
  expect(stream.live()).toEqual(live);
});

test('a width takes effect on what isn’t settled', () => {
  const stream = createMarkdownStream({ ...PLAIN, columns: 20 });
  expect(stream.push('- some words in an item\n- some words in an item')).toEqual([]);
  expect(stream.push('\n- x')).toEqual(['- some words in an', '  item']);
  stream.resize(80);
  expect(stream.live()).toEqual(['- some words in an item', '- x']);
});

test('settled and live lines together are the whole at any time', () => {
  const text = '# A\n\ntext **b**\n\n- one\n- two\n  - three\n\n> quote\n\n```\ncode\n```\n\n|a|b|\n|-|-|\n|1|2|\n';
  const stream = createMarkdownStream(PLAIN);
  const settled: string[] = [];
  for (const line of text.split(/(?<=\n)/)) {
    settled.push(...stream.push(line));
    expect([...settled, ...stream.live()].at(-1)).not.toBe('');
  }
  expect([...settled, ...stream.live()]).toEqual(plain(text));
});

test('a carriage return belongs to its line feed, also when that comes later', () => {
  const stream = createMarkdownStream(PLAIN);
  expect([...stream.push('a\r'), ...stream.push('\n\r\nb\r'), ...stream.end()]).toEqual(['a', '', 'b\uFFFD']);
});

test('without hyperlinks addresses are written out, once', () => {
  expect(plain('[a](https://e.com/a) https://e.com <me@e.com> ![pic](p.png) [b]()', 100)).toEqual([
    'a (https://e.com/a) https://e.com me@e.com [image: pic] (p.png) b',
  ]);
});

test('only addresses that a terminal may open become hyperlinks, and none ends its sequence', () => {
  const [line] = renderMarkdown('[a](<https://e.com/\u00e9 x>) [b](javascript:alert) [c](file:///etc)', {
    ...COLOUR,
    columns: 200,
  });
  expect(line).toContain('\x1b]8;;https://e.com/%C3%A9%20x\x1b\\');
  // Opened once, closed once.
  expect(line!.split('\x1b]8;;')).toHaveLength(3);
  expect(line).toContain('(javascript:alert)');
  expect(line).toContain('(file:///etc)');
});

test('a hyperlink stands with its address, but where its words say it already', () => {
  const [line] = renderMarkdown(
    '[click](https://evil.com/a) [https://bank.com](https://evil.com/b) ![pic](https://e.com/p.png) [e.com](https://e.com/) <me@e.com>',
    { ...COLOUR, columns: 200 },
  );
  expect(stripVTControlCharacters(line!)).toBe(
    'click (https://evil.com/a) https://bank.com (https://evil.com/b) [image: pic] (https://e.com/p.png) e.com me@e.com',
  );
});

test('a control sequence is never more than text, not even by reference', () => {
  const shown = renderMarkdown(
    'a\x1b[31mb &#27;[31m &#x9b;2J\n\n```\n\x07\x1b]0;x\x07\n```\n\n<a\x1b> `\u202E`',
    PLAIN,
  ).join('\n');
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202E]/u);
  expect(shown).toContain('a\uFFFD[31mb \uFFFD[31m \uFFFD2J');
});

test('nesting without end is text, not a stack overflow', () => {
  const quotes = `${'>'.repeat(5000)} x`;
  expect(plain(quotes).join('').replaceAll(/[^>]/g, '')).toHaveLength(5000);
  expect(
    plain(`${'1) '.repeat(2000)}x`)
      .join('')
      .match(/1\)/g),
  ).toHaveLength(2000);
});

test('a table that doesn’t fit becomes a list of headers and values', () => {
  expect(plain('|Name|Meaning|Who|\n|-|-|-|\n|`run`|starts it|all|\n|`end`||one|', 20)).toEqual([
    'Name: `run`',
    'Meaning: starts it',
    'Who: all',
    '',
    'Name: `end`',
    'Meaning:',
    'Who: one',
  ]);
});

test('marks keep their place in nested and narrow lists', () => {
  expect(plain('- a b c d e f g h i j k\n  1. l m n o p\n     - [ ] q r s t u', 16)).toEqual([
    '- a b c d e f g',
    '  h i j k',
    '  1. l m n o p',
    '     [ ] q r s t',
    '         u',
  ]);
  // Where marks would leave no room they stand alone.
  expect(plain('- 10. - words here', 10)).toEqual(['- 10.', '  - words', '    here']);
});

test('references of HTML are characters, HTML itself is text', () => {
  expect(plain('&lt;b&gt; &amp;lt; &#65;&#x42; &mdash; &unknown; `&amp;` <b>x</b> 1<br/>2', 100)).toEqual([
    '<b> &lt; AB — &unknown; `&amp;` <b>x</b> 1',
    '2',
  ]);
  expect(plain('<div class="a">\n  <p>x</p>\n</div>\n\ntext')).toEqual([
    '<div class="a">',
    '  <p>x</p>',
    '</div>',
    '',
    'text',
  ]);
});

test('what has to be waited for stays small, whatever block it is in', () => {
  const endless = {
    paragraph: 'word and more '.repeat(2000),
    'lines of a paragraph': 'word and more\n'.repeat(2000),
    list: '- item\n'.repeat(2000),
    item: `- item\n${'  more of it\n'.repeat(2000)}`,
    'nested list': `1. item\n${'   - inner\n'.repeat(2000)}`,
    quote: '> quoted\n'.repeat(2000),
    code: `\`\`\`\n${'code\n'.repeat(2000)}`,
    'line of code': `\`\`\`\n${'code '.repeat(2000)}`,
    'code in an item': `- item\n  \`\`\`\n${'  code\n'.repeat(2000)}`,
    table: `|a|b|\n|-|-|\n${'|c|d|\n'.repeat(2000)}`,
    html: `<div>\n${'<p>text</p>\n'.repeat(2000)}`,
    emphasis: `**${'word and more '.repeat(2000)}`,
    word: 'x'.repeat(20_000),
    'Japanese text': '日本語の文章です、'.repeat(2000),
  };
  for (const [name, text] of Object.entries(endless)) {
    const stream = createMarkdownStream({ ...PLAIN, columns: 80 });
    stream.push(text);
    expect([name, stream.live().length]).toEqual([name, expect.toSatisfy((lines: number) => lines <= 100)]);
  }
});

test('where a long paragraph was cut it is still one paragraph', () => {
  // A rest that begins like a list, a heading or a quote, and one without any space.
  for (const word of ['- ', '# ', '> ', '1. ', 'ab']) {
    const shown = plain(`Begin ${word.repeat(3000)}end`, 100)
      .join('')
      .replaceAll(' ', '');
    expect(shown).toBe(`Begin ${word.repeat(3000)}end`.replaceAll(' ', ''));
  }
});

test('after a long item too a blank line of the text parts items, and ends what a lazy line could go on with', () => {
  const line = 'words that fill a line of the item';
  const long = `- ${`${line}\n  `.repeat(20)}ending\n`;
  const behind = (text: string): string[] => plain(text).slice(20);
  expect(behind(`${long}- next`)).toEqual(['  ending', '- next']);
  expect(behind(`${long}\n- next`)).toEqual(['  ending', '', '- next']);
  expect(behind(`${long}lazy`)).toEqual(['  ending lazy']);
  expect(behind(`${long}\nlazy`)).toEqual(['  ending', '', 'lazy']);
});
