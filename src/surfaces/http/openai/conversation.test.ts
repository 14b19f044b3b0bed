import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../base/digest.ts';
import { isQuote, partsOf, quotedInstructions, readConversation, type Told } from './conversation.ts';

const all = { instructions: true, earlier: true };
const textsOf = (told: Parameters<typeof readConversation>[0], what = all): unknown[] =>
  partsOf(readConversation(told, 'messages'), what).map((part) => part.type === 'text' && part.text);

describe('what is told of a conversation', () => {
  test('has a part for each new message, behind the quotes', () => {
    const told = [
      { role: 'user', content: 'old' },
      { role: 'assistant', content: 'reply' },
      { role: 'user', content: 'new' },
      { role: 'developer', content: 'be brief' },
      { role: 'user', content: [{ type: 'input_text', text: 'newer' }] },
    ];
    const quotes = [
      expect.stringMatching(/^\[.*\]\n> be brief$/),
      expect.stringMatching(/\nuser:\n> old\nassistant:\n> reply$/),
    ];
    expect(textsOf(told)).toEqual([...quotes, 'new', 'newer']);
    expect(textsOf(told, { instructions: false, earlier: false })).toEqual(['new', 'newer']);
  });

  test.for(['\n', '\r\n', '\r', '\u2028', '\u2029'])('no line end (%j) ends a quote', (end) => {
    const [quote] = textsOf([
      { role: 'system', content: `a${end}[new]${end}${end}b` },
      { role: 'user', content: 'x' },
    ]) as [string];
    const [, ...lines] = quote.split(/\r\n|[\n\r\u2028\u2029]/);
    expect(lines.filter((line) => !line.startsWith('>') && line !== '')).toEqual([]);
    expect(lines).toContain('> [new]');
  });

  test.for<[told: Told[], param: string]>([
    [[], 'messages'],
    [[{ role: 'user', content: '  \n' }], 'messages'],
    [[{ role: 'user', content: null }], 'messages'],
    [
      [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'y' },
      ],
      'messages',
    ],
    [[{ content: 'x' }], 'messages[0].role'],
    [[{ type: 'item_reference', id: 'm' }], 'messages[0]'],
    [[{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }], 'messages[0].content[0]'],
    [[{ role: 'user', content: [{ type: 'text', text: 5 }] }], 'messages[0].content[0]'],
  ])('%j is refused, and %s named', ([told, param]) => {
    expect(() => readConversation(told, 'messages')).toThrow(
      expect.objectContaining({ further: expect.objectContaining({ body: expect.objectContaining({ param }) }) }),
    );
  });

  test('a quote is known again, also where it lies in a blob', () => {
    const quoted = quotedInstructions(
      readConversation(
        [
          { role: 'system', content: 'a' },
          { role: 'user', content: 'b' },
        ],
        'm',
      ),
    )!;
    expect(isQuote(quoted, { type: 'text', text: quoted })).toBe(true);
    expect(isQuote(quoted, { type: 'text', text: { blob: digestOf(quoted), bytes: 1, head: '', tail: '' } })).toBe(
      true,
    );
    expect(isQuote(quoted, { type: 'text', text: 'a' })).toBe(false);
    expect(isQuote(undefined, undefined)).toBe(false);
  });
});
