import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spellingsOf } from '../session/spellings.ts';
import { createSubstitution } from './substitution.ts';

const KEY = 'key';

test('in any text and any spelling it goes, and the text is as long as it was', () => {
  const value = fc
    .string({ minLength: 6, unit: 'grapheme' })
    .filter((text) => text.trim().length >= 6 && text.isWellFormed());
  const property = fc.property(value, fc.nat(), fc.string(), fc.string(), (secret, nth, before, after) => {
    const all = spellingsOf(secret);
    const text = `${before}${all[nth % all.length]!}${after}`;
    const substitution = createSubstitution([secret], KEY);
    const clean = substitution.text(text);
    expect(Buffer.byteLength(clean)).toBe(Buffer.byteLength(text));
    expect(clean).not.toBe(text);
    const bytes = Buffer.from(text);
    expect(substitution.bytes(bytes).length).toBe(bytes.length);
    expect(substitution.count(bytes)).toBeGreaterThan(0);
  });
  fc.assert(property, { numRuns: 300 });
});

test('a long one says what it is, and the same value has the same placeholder, by a key', () => {
  const { text } = createSubstitution(['tangerine-dream-4711'], KEY);
  expect(text('a tangerine-dream-4711 b tangerine-dream-4711')).toMatch(/^a (\[redacted #[0-9a-f]{4}\*{4}\]) b \1$/);
  const other = createSubstitution(['tangerine-dream-4711'], 'another');
  expect(other.text('tangerine-dream-4711')).not.toBe(text('tangerine-dream-4711'));
  expect(createSubstitution(['hunter2'], KEY).text('hunter2')).toMatch(/^\*{3}[0-9a-f]{4}$/);
});

test('of several values that begin alike the longest is taken', () => {
  const { text } = createSubstitution(['secret-one', 'secret-one-two'], KEY);
  expect(text('secret-one-two secret-one')).not.toMatch(/two|secret/);
});

test.each([
  ['of two values', ['secret-abc', 'abc-token'], 'a secret-abc-token b'],
  ['of one with itself', ['ababab'], 'a ababababab b'],
])('where they overlap nothing of either is left: %s', (_, values, text) => {
  const { text: clean, bytes, count } = createSubstitution(values, KEY);
  expect(clean(text)).toMatch(/^a (?:\*+[0-9a-f]{4}|\[redacted #[0-9a-f]{4}\**\]) b$/);
  expect(clean(text)).not.toMatch(/token|secret|abab/);
  expect(clean(text)).toHaveLength(text.length);
  expect(Buffer.from(bytes(Buffer.from(text))).toString()).toBe(clean(text));
  expect(count(Buffer.from(text))).toBe(1);
});

test('bytes that are no text stay as they are around it', () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0, 0xc3]), Buffer.from('straße-7'), Buffer.from([0x80])]);
  const clean = Buffer.from(createSubstitution(['straße-7'], KEY).bytes(bytes));
  expect(clean.length).toBe(bytes.length);
  expect([...clean.subarray(0, 3), clean.at(-1)]).toEqual([0xff, 0, 0xc3, 0x80]);
  expect(clean.includes('stra')).toBe(false);
});

describe('refused without being said', () => {
  test.each([[[]], [['abcde']], [['          ']], [['long enough', 'tiny!']]])('%j', (values) => {
    const said = (): unknown => createSubstitution(values, KEY);
    expect(said).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
    for (const value of values) expect(said).not.toThrow(value);
  });
});
