import fc from 'fast-check';
import { Lexer, type Token } from 'marked';
import { expect, test } from 'vitest';
import { createLexer } from './lexer.ts';

const PARTS = [
  ...'`*_\\!.…@| \n',
  'a',
  'bc d',
  '  ',
  '``',
  '<b>',
  '[a](b)',
  '&amp;',
  'http',
  '://',
  'www.',
  'x.org',
  'mailto:',
  '`code`',
  '` `',
  '` a `',
  '`a_b*c`',
  '`<id>`',
  '`\\`',
  '**',
  '**a**',
  ' **b c** ',
  ' **d:**',
  '(**1.**)',
];

test('text, code and bold are read as marked reads them', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PARTS), { maxLength: 12 }), (parts) => {
      const text = `x${parts.join('')}x`;
      const [paragraph] = createLexer().lex(text).tokens;
      fc.pre(paragraph?.type === 'paragraph');
      const { tokens, inline } = createLexer().lex(text);
      expect(inline((tokens[0] as { tokens: Token[] }).tokens)).toEqual(
        new Lexer({ gfm: true }).inlineTokens(paragraph.text),
      );
    }),
    { numRuns: 2000 },
  );
});
