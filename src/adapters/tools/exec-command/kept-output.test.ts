import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepOutput, type ShownOutput } from './kept-output.ts';

const LIMIT = 1000;

function kept(chunks: Buffer[], limit = LIMIT): ShownOutput {
  const output = keepOutput(LIMIT);
  for (const chunk of chunks) output.add(chunk);
  return output.text(limit);
}

test('what fits is whole', () => {
  expect(kept([Buffer.from('a'), Buffer.from('bc')])).toEqual({ text: 'abc', truncated: false, total: 3 });
  expect(kept([])).toEqual({ text: '', truncated: false, total: 0 });
  expect(kept([Buffer.from('ä'.repeat(500))])).toEqual({ text: 'ä'.repeat(500), truncated: false, total: 1000 });
});

test('H-97 of what does not fit the beginning and the end are kept, and the bytes between counted', () => {
  const { text, truncated } = kept([Buffer.from(`start${'x'.repeat(5000)}`), Buffer.from('y'.repeat(5000) + 'end')]);
  expect(truncated).toBe(true);
  const [, head, left, tail] = /^(start[^]*)\n\[… (\d+) bytes left out …\]\n([^]*end)$/.exec(text)!;
  expect(head!.length + Number(left) + tail!.length).toBe(10_008);
});

test('H-97 whatever comes, in whatever pieces, the text is valid, small enough and from both ends', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 700 }),
    fc.string({ unit: 'grapheme', maxLength: 400 }).map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 100, max: LIMIT }), (pieces, limit) => {
      const chunks = pieces.map((bytes) => Buffer.from(bytes));
      const { text, truncated } = kept(chunks, limit);
      const whole = Buffer.concat(chunks).toString().replaceAll('\0', '\ufffd');
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
      expect(text.isWellFormed()).toBe(true);
      expect(truncated).toBe(text !== whole);
      if (!truncated) return;
      const [head, tail] = text.split(/\n\[… \d+ bytes left out …\]\n/) as [string, string];
      expect(whole.startsWith(head)).toBe(true);
      expect(whole.endsWith(tail)).toBe(true);
    }),
  );
});
