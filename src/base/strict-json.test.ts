import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseStrictJson } from './strict-json.ts';

describe('what is refused', () => {
  test.each([
    ['{"a": 1', 'not valid JSON'],
    ['', 'not valid JSON'],
    ['{"a": 1, "a": 2}', 'the key "a" stands twice'],
    ['{"a": 1, "\\u0061": 2}', 'the key "a" stands twice'],
    ['[{"x": {"y": 1, "y": 1}}]', 'the key "y" stands twice'],
    ['{"__proto__": {"admin": true}}', '"__proto__" is not allowed'],
    ['{"\\u005f_proto__": 1}', '"__proto__" is not allowed'],
    ['1e400', 'too large'],
    ['9007199254740993', 'loses digits'],
    ['["\\ud800"]', 'lone surrogate'],
    ['{"\\udc00": 1}', 'lone surrogate'],
    ['['.repeat(200) + ']'.repeat(200), 'nested deeper'],
  ])('%s', (text, message) => {
    expect(parseStrictJson(text)).toEqual({ ok: false, message: expect.stringContaining(message) });
  });
});

describe('what is taken', () => {
  it('is any other JSON, as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (text) => {
        const strict = parseStrictJson(text);
        if (strict.ok) expect(strict.value).toEqual(JSON.parse(text));
        else expect(strict.message).toMatch(/twice|__proto__|too large|loses digits|surrogate/);
      }),
    );
  });

  test.each([
    ['{"a": {"b": 1}, "b": {"a": 1}}', { a: { b: 1 }, b: { a: 1 } }],
    ['{"a": "{\\"a\\": 1}", "b": "\\\\"}', { a: '{"a": 1}', b: '\\' }],
    ['[1.5, -0.25e-3, 9007199254740991]', [1.5, -0.00025, 9007199254740991]],
    ['"😀"', '😀'],
  ])('%s', (text, value) => {
    expect(parseStrictJson(text)).toEqual({ ok: true, value });
  });
});
