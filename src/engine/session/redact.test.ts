import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, currentRedactor, isRedacted } from './redact.ts';

const secrets = [
  { name: 'A', value: 'sk-aaaaaaaaab' },
  { name: 'LONG', value: 'sk-aaaaaaaaabcdef' },
  { name: 'SHORT', value: 'abc' },
];

describe('a whole text', () => {
  it('has a placeholder where a secret stood, the longest first; short values stay', () => {
    const { text } = createRedactor(secrets);
    expect(text('x sk-aaaaaaaaabcdef y sk-aaaaaaaaab z abc')).toBe('x [REDACTED:LONG] y [REDACTED:A] z abc');
  });

  it('has it also where it stands as base64 in lines', () => {
    const value = 'geheim '.repeat(30);
    const { text } = createRedactor([{ name: 'Q', value }]);
    const inLines = (width: number): string => Buffer.from(value).toString('base64').replace(new RegExp(`.{${width}}`, 'g'), '$&\n'); // prettier-ignore
    for (const width of [64, 76]) expect(text(`a ${inLines(width)} b`)).toMatch(/^a \[REDACTED:Q\]\s* b$/);
  });

  it('has it also where the secret is spelled as in JSON', () => {
    const value = 'sk-"a"\\bcd';
    const { text } = createRedactor([{ name: 'Q', value }]);
    expect(text(JSON.stringify({ cmd: `echo ${value}` }))).toBe('{"cmd":"echo [REDACTED:Q]"}');
    expect(text(value)).toBe('[REDACTED:Q]');
  });
});

const inUnicode = (text: string): string =>
  [...text].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

describe('a secret in another spelling', () => {
  const value = 'sk-x"y/z+w~ä 12345678';
  const { text, stream } = createRedactor([{ name: 'Q', value }]);
  const bytes = Buffer.from(value);

  it.each<[string, string]>([
    ['JSON', JSON.stringify({ a: value })],
    ['JSON in JSON', JSON.stringify({ a: JSON.stringify({ b: value }) })],
    ['a URL', `https://x.test/?key=${encodeURIComponent(value)}&a=1`],
    ['a URL, in small letters', `?k=${encodeURIComponent(value).replace(/%../g, (byte) => byte.toLowerCase())}`],
    [
      'a form',
      new URLSearchParams({ key: 'sk-x"y/z+w' })
        .toString()
        .replace('key=sk-x%22y%2Fz%2Bw', `key=${encodeURIComponent(value).replaceAll('%20', '+')}`),
    ],
    ['a URL, every byte of it', bytes.toString('hex').toUpperCase().replace(/../g, '%$&')],
    ['a URL, every byte of it in small letters', bytes.toString('hex').replace(/../g, '%$&')],
    ['JSON, every character of it', inUnicode(value)],
    ['JSON, every character of it in capitals', inUnicode(value).toUpperCase().replaceAll('U', 'u')],
    ['hex', bytes.toString('hex')],
    ['hex, in capitals', bytes.toString('hex').toUpperCase()],
    ...[0, 1, 2, 3, 4].flatMap((before): [string, string][] => [
      [`base64, ${before} bytes in`, Buffer.from(`${'u'.repeat(before)}${value}:more`).toString('base64')],
      [`base64 for URLs, ${before} bytes in`, Buffer.from(`${'u'.repeat(before)}${value}`).toString('base64url')],
    ]),
  ])('%s', (_, told) => {
    expect(text(told)).toContain('[REDACTED:Q]');
    for (const size of [1, 7]) {
      const { push, end } = stream();
      let shown = '';
      for (let at = 0; at < told.length; at += size) shown += push(told.slice(at, at + size));
      expect(shown + end()).toBe(text(told));
    }
  });

  it('what is left around it in base64 tells nothing of it', () => {
    for (let before = 0; before < 3; before++) {
      const left = text(Buffer.from(`${'u'.repeat(before)}${value}${'v'.repeat(3)}`).toString('base64'));
      expect(left.replace('[REDACTED:Q]', '').length).toBeLessThanOrEqual(12);
    }
  });
});

describe('a text in pieces', () => {
  it('K-108: gives the same as the whole text, however it is cut, and never shows a secret', () => {
    const overlapping = [...secrets, { name: 'INNER', value: 'aaaaaaaabc' }, { name: 'CHAIN', value: 'cdefsk-aaa' }];
    const words = fc.constantFrom(
      'sk-',
      'sk-aaaaaaaaab',
      'sk-aaaaaaaaabcdef',
      'aaaaaaaabc',
      'cdefsk-aaa',
      'cdef',
      'a',
      ' x ',
    );
    fc.assert(
      fc.property(fc.array(words), fc.array(fc.nat(12)), (parts, cuts) => {
        const { text, stream } = createRedactor(overlapping);
        const whole = parts.join('');
        const { push, end } = stream();
        let shown = '';
        let at = 0;
        for (const size of [...cuts, whole.length]) {
          shown += push(whole.slice(at, at + size));
          at += size;
        }
        expect(shown + end()).toBe(text(whole));
      }),
      { numRuns: 1000 },
    );
  });

  it('holds back only what may be the beginning of a secret', () => {
    const { push, end } = createRedactor(secrets).stream();
    expect(push('hello s')).toBe('hello ');
    expect(push('un')).toBe('sun');
    expect(push('sk-aaa')).toBe('');
    expect(end()).toBe('sk-aaa');
  });
});

describe('a text that is said to be another, redacted', () => {
  it.each([
    ['a b', 'a b', true],
    ['a b', 'a c', false],
    ['[REDACTED:A] b', 'sk-1 b', true],
    ['a [REDACTED:A] b [REDACTED:B]', 'a sk-1 b sk-2', true],
    ['a [REDACTED:A] b [REDACTED:B]', 'a [REDACTED:A] b sk-2', true],
    ['a [REDACTED:A] b [REDACTED:B]', 'a sk-1 c sk-2', false],
    ['[REDACTED:A] b', 'sk-1 b c', false],
    ['a[REDACTED:A]a', 'a', false],
    ['', 'a', false],
  ])('"%s" of "%s": %s', (text, whole, is) => {
    expect(isRedacted(text, whole)).toBe(is);
  });
});

describe('what becomes known while a text comes in pieces', () => {
  it('is replaced from then on, also where one known before may have begun', () => {
    let now = createRedactor([{ name: 'OLD', value: 'geheim-old-1' }]);
    const { text, stream, exact } = currentRedactor(() => now);
    const pieces = stream();
    expect(pieces.push('a geheim-')).toBe('a ');
    now = createRedactor([{ name: 'OLD', value: 'geheim-old-1' }, { name: 'NEW', value: 'geheim-new-1' }]); // prettier-ignore
    expect(pieces.push('new-1 b geheim-old-')).toBe('[REDACTED:NEW] b ');
    expect(pieces.push('1 c geheim') + pieces.end()).toBe('[REDACTED:OLD] c geheim');
    expect([text('geheim-new-1'), exact.text('geheim-new-1')]).toEqual(['[REDACTED:NEW]', '[REDACTED:NEW]']);
  });
});

it.each([
  ['JSON of programs that write ASCII', String.raw`p@ss'gr\u00fc\u00df\n7`],
  ['lines that end as on Windows', "p@ss'grüß\r\n7"],
  ['quoted for a shell', String.raw`'p@ss'\''grüß` + "\n7'"],
])('a value is found in %s', (_, text) => {
  const { text: clean } = createRedactor([{ name: 'k', value: "p@ss'grüß\n7" }]);
  expect(clean(text)).toContain('[REDACTED:k]');
  expect(clean(text)).not.toContain('p@ss');
});
