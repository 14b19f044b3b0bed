/** What holds for any text, any width and any way in which the text was cut on its way. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayWidth } from '../width.ts';
import { loadHighlight } from './highlight.ts';
import { createMarkdownStream, renderMarkdown, type MarkdownOptions } from './markdown-stream.ts';

const highlight = await loadHighlight();
/** Hundreds of documents; the machine may be busy. */
const PATIENCE_MS = 60_000;

const WORDS = [
  'alpha',
  'beta',
  'gamma-delta',
  'x',
  'snake_case',
  '日本語の文章',
  '👩‍👩‍👧',
  '🇩🇪',
  'é',
  'مرحبا',
  'a'.repeat(40),
];
const word = fc.constantFrom(...WORDS);
const words = fc.array(word, { minLength: 1, maxLength: 12 }).map((list) => list.join(' '));
const inline = fc.oneof(
  { weight: 4, arbitrary: words },
  words.map((text) => `**${text}**`),
  words.map((text) => `*${text}*`),
  words.map((text) => `~~${text}~~`),
  word.map((text) => `\`${text}\``),
  word.map((text) => `[${text}](https://example.com/${text})`),
  word.map((text) => `![${text}](pictures/${text}.png)`),
  // Broken on purpose.
  fc.constantFrom(
    '**',
    '*',
    '_',
    '`',
    '[',
    '](',
    '<',
    '|',
    '~~',
    '\\',
    '&amp;',
    '&#27;',
    '<b>',
    '<!--',
    '[^1]',
    '  \n',
    '\t',
  ),
);
const line = fc.array(inline, { minLength: 1, maxLength: 4 }).map((list) => list.join(' '));
const block = fc.oneof(
  line,
  fc.tuple(fc.integer({ min: 1, max: 6 }), line).map(([depth, text]) => `${'#'.repeat(depth)} ${text}`),
  line.map((text) => `${text}\n===`),
  fc
    .array(fc.tuple(fc.constantFrom('- ', '1. ', '  - ', '   - [x] ', '* ', '+ ', '    ', '2) '), line), {
      maxLength: 14,
    })
    .map((items) => items.map(([mark, text]) => mark + text).join('\n')),
  fc.array(line, { minLength: 1, maxLength: 14 }).map((lines) => lines.map((text) => `> ${text}`).join('\n')),
  fc
    .tuple(fc.constantFrom('```', '~~~', '```ts', '  ```diff', '````md', '```python'), fc.array(line, { maxLength: 5 }))
    .map(([fence, lines]) => [fence, ...lines, fence.replace(/[a-z]+$/, '')].join('\n')),
  fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.map((text) => `    ${text}`).join('\n')),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.array(fc.array(words, { maxLength: 4 }), { maxLength: 40 }))
    .map(([columns, rows]) =>
      ['h'.repeat(columns), '-'.repeat(columns)]
        .map((cells) => `|${[...cells].join('|')}|`)
        .concat(rows.map((cells) => `|${cells.join('|')}|`))
        .join('\n'),
    ),
  fc.constantFrom(
    '---',
    '***',
    '<div>\nhtml\n</div>',
    '[ref]: https://example.com',
    '[ref] and [text][ref]',
    '- ',
    '>',
    '#',
    '```',
  ),
  fc.array(line, { minLength: 20, maxLength: 60 }).map((lines) => lines.join(' ')),
);
const markdown = fc
  .array(fc.tuple(block, fc.constantFrom('\n\n', '\n', '\r\n\r\n', '\n\n\n', '\n  ')), { minLength: 1, maxLength: 8 })
  .map((blocks) => blocks.flat().join(''));
const hostile = fc.string({
  unit: fc.constantFrom(
    '\x1b',
    '\x1b]8;;',
    '\x07',
    '\x9b',
    '\u202E',
    '\u2066',
    '\r',
    '\n',
    '&#27;',
    '&#x202e;',
    '[a](http://x',
    ')',
    '<http://',
    '>',
    '`',
    '|',
    '-',
    '\ud83d',
    'b',
    ' ',
  ),
  maxLength: 80,
});
const options = fc.record({
  columns: fc.oneof(fc.integer({ min: 10, max: 40 }), fc.integer({ min: 41, max: 300 })),
  colour: fc.boolean(),
  hyperlinks: fc.boolean(),
});

function streamed(text: string, cuts: number[], settings: MarkdownOptions): string[] {
  const stream = createMarkdownStream(settings);
  const lines: string[] = [];
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].toSorted((one, other) => one - other);
  let start = 0;
  for (const place of [...places, text.length]) {
    lines.push(...stream.push(text.slice(start, place)));
    expect(stream.live()).toEqual(stream.live());
    start = place;
  }
  return [...lines, ...stream.end()];
}

const CLOSES: Record<string, string[]> = {
  22: ['1', '2'],
  23: ['3'],
  24: ['4'],
  29: ['9'],
  39: ['31', '32', '33', '34', '35', '36'],
};
const OPENS = new Set(Object.values(CLOSES).flat());

/** The text of a line. Fails for a sequence that isn't ours or isn't closed at the end. */
function textOf(shown: string): string {
  const open = new Set<string>();
  let link = false;
  const [before, ...sequences] = shown.split('\x1b');
  const texts = sequences.map((sequence) => {
    // The end of OSC 8.
    if (sequence.startsWith('\\')) return sequence.slice(1);
    const target = /^\]8;;([\x21-\x7E]*)$/.exec(sequence)?.[1];
    if (target !== undefined) {
      expect(target !== '').toBe(!link);
      link = !link;
      return '';
    }
    const [all, numbers] = /^\[([\d;]+)m/.exec(sequence) ?? expect.fail(`not ours: ${JSON.stringify(sequence)}`);
    for (const number of numbers!.split(';')) {
      if (OPENS.has(number)) open.add(number);
      else (CLOSES[number] ?? expect.fail(`not ours: ${number}`)).forEach((one) => open.delete(one));
    }
    return sequence.slice(all.length);
  });
  expect({ open: [...open], link }).toEqual({ open: [], link: false });
  return [before, ...texts].join('');
}

function expectSafe(lines: string[], { columns, colour }: MarkdownOptions): void {
  for (const shown of lines) {
    const text = textOf(shown);
    expect(text).not.toMatch(/[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
    expect(displayWidth(text)).toBeLessThanOrEqual(columns);
    if (!colour) expect(shown).toBe(text);
  }
}

test(
  'how the text was cut on its way makes no difference to what is settled',
  () => {
    fc.assert(
      fc.property(markdown, fc.array(fc.nat(5000), { maxLength: 30 }), options, (text, cuts, settings) => {
        expect(streamed(text, cuts, { ...settings, highlight })).toEqual(
          renderMarkdown(text, { ...settings, highlight }),
        );
      }),
      { numRuns: 200 },
    );
  },
  PATIENCE_MS,
);

test(
  'no line is too wide and nothing but our own sequences reaches the terminal',
  () => {
    fc.assert(
      fc.property(
        fc.oneof(markdown, hostile, fc.string({ unit: 'binary', maxLength: 300 })),
        fc.nat(300),
        options,
        (text, cut, settings) => {
          const stream = createMarkdownStream({ ...settings, highlight });
          const lines = stream.push(text.slice(0, cut));
          expectSafe(stream.live(), settings);
          lines.push(...stream.push(text.slice(cut)));
          expectSafe(stream.live(), settings);
          expectSafe([...lines, ...stream.end()], settings);
        },
      ),
      { numRuns: 300 },
    );
  },
  PATIENCE_MS,
);

test(
  'every word of the text is shown, in order',
  () => {
    const settings = { colour: false, hyperlinks: false };
    // Numbered, so that an order is seen; in tables a cell that is wrapped stands beside the others.
    fc.assert(
      fc.property(markdown, fc.integer({ min: 60, max: 300 }), (text, columns) => {
        fc.pre(!text.includes('|'));
        let count = 0;
        const numbered = text.replace(/\balpha\b/g, () => `w${count++}w`);
        // A word may be broken between two lines, each with its marks.
        const shown = renderMarkdown(numbered, { ...settings, columns })
          .join('')
          .replaceAll(/[ >]/g, '');
        const expected = Array.from({ length: count }, (_, index) => `w${index}w`);
        const found = shown.match(/w\d+w/g) ?? [];
        let next = 0;
        for (const one of found) if (one === expected[next]) next++;
        expect(next).toBe(count);
      }),
      { numRuns: 200 },
    );
  },
  PATIENCE_MS,
);
