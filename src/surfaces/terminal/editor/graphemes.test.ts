import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextBoundary, previousBoundary, snap } from './graphemes.ts';

test('boundaries are those of the whole text', () => {
  const unit = fc.constantFrom(
    'a',
    ' ',
    '\n',
    '\t',
    'é',
    'e\u0301',
    '\u0301',
    '漢',
    '각',
    '\u1100',
    '\u11a8',
    'क',
    '्',
    'षि',
    'ไม่',
    '👨',
    '\u200d',
    '👩',
    '🏽',
    '🇩',
    '🇪',
    '❤',
    '©',
    '\ufe0f',
    '\u20e3',
    '1',
    '\udc05',
    '\u200b',
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 40 }), (units) => {
      const text = units.join('');
      // What stands for a paste joins with nothing, as a line feed.
      const separated = text.replace(/[\udc00-\udfff]/gu, '\n');
      const starts = [...new Intl.Segmenter('en').segment(separated)].map(({ index }) => index);
      const edges = [...starts, text.length];
      for (const [index, start] of starts.entries()) {
        expect(nextBoundary(text, start)).toBe(edges[index + 1]);
        expect(previousBoundary(text, edges[index + 1]!)).toBe(start);
      }
      for (let at = 0; at <= text.length; at++) expect(snap(text, at)).toBe(edges.find((edge) => edge >= at));
    }),
    { numRuns: 2000 },
  );
});
