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
    [[{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }], 'messages[0].content[0].image_url'],
    [
      [{ role: 'assistant', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] }],
      'messages[0].content[0]',
    ],
    [[{ role: 'user', content: [{ type: 'text', text: 5 }] }], 'messages[0].content[0]'],
  ])('%j is refused, and %s named', ([told, param]) => {
    expect(() => readConversation(told, 'messages')).toThrow(
      expect.objectContaining({ further: expect.objectContaining({ body: expect.objectContaining({ param }) }) }),
    );
  });

  test('files of the user come behind the text of their message, earlier ones behind the quote that names them', () => {
    const url = 'data:image/png;base64,AAAA';
    const conversation = readConversation(
      [
        {
          role: 'user',
          content: [{ type: 'input_file', file_data: 'data:application/pdf;base64,BBBB', filename: 'b.pdf' }],
        },
        { role: 'assistant', content: 'a letter' },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url, detail: 'high' } },
            { type: 'text', text: 'and this?' },
          ],
        },
        { role: 'user', content: [{ type: 'input_image', image_url: url }] },
        { role: 'user', content: [{ type: 'file', file: { file_data: url, filename: 'c.png' } }] },
      ],
      'messages',
    );
    const image = { type: 'file', base64: 'AAAA' };
    const fresh = [{ type: 'text', text: 'and this?' }, image, image, { ...image, name: 'c.png' }];
    expect(partsOf(conversation, { instructions: true, earlier: false })).toEqual(fresh);
    expect(partsOf(conversation, all)).toEqual([
      {
        type: 'text',
        text: expect.stringMatching(/\nuser:\n> \n> \[a file came with this: b\.pdf\]\nassistant:\n> a letter$/),
      },
      { type: 'file', base64: 'BBBB', name: 'b.pdf' },
      ...fresh,
    ]);
  });

  test.for<[content: object, param: string]>([
    [{ type: 'image_url', image_url: { url: 'https://example.org/cat.png' } }, '.image_url.url'],
    [{ type: 'image_url', image_url: 'data:image/png;base64,AAAA' }, '.image_url.url'],
    [{ type: 'input_image', file_id: 'file-1' }, '.image_url'],
    [{ type: 'input_image', image_url: 'data:image/png,AAAA' }, '.image_url'],
    [{ type: 'input_file', file_url: 'https://example.org/a.pdf' }, '.file_data'],
    [{ type: 'file', file: { file_id: 'file-1' } }, '.file.file_data'],
    [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }, ''],
  ])('%j: nothing is fetched, nothing is kept elsewhere', ([content, param]) => {
    const told = [{ role: 'user', content: [content] }] as Told[];
    expect(() => readConversation(told, 'm')).toThrow(
      expect.objectContaining({ further: { body: expect.objectContaining({ param: `m[0].content[0]${param}` }) } }),
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
