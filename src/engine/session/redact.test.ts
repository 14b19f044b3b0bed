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

  it.each(['base64', 'hex'] as const)('has it also where it stands in %s in lines, from anywhere on', (code) => {
    const value = 'geheim '.repeat(30);
    const { text, stream } = createRedactor([{ name: 'Q', value }]);
    for (const width of [60, 64, 76]) {
      for (const [before, end] of [
        ['', '\n'],
        ['KEY=', '\n'],
        ['A_KEY=x', '\r\n'],
      ] as const) {
        // prettier-ignore
        const lines = Buffer.from(before + value).toString(code).replace(new RegExp(`.{${width}}`, 'g'), `$&${end}`); // prettier-ignore
        const clean = text(`a\n\n${lines}\n\nb`);
        expect(clean).toMatch(/^a\n\n[\w=]{0,14}\[REDACTED:Q\][\w\s=]{0,6}\n\nb$/);
        const { push, end: last } = stream();
        const cut = 5 + (width % 7);
        const shown = [
          push('a\n\n'),
          push(lines.slice(0, cut)),
          ...lines
            .slice(cut)
            .split(/(?<=\r)/)
            .map(push),
        ];
        expect(shown.join('') + push('\n\nb') + last()).toBe(clean);
      }
    }
  });

  it('keeps what stands around, ends of lines, too', () => {
    const { text } = createRedactor(secrets);
    expect(text('x\r\nsk-aaaa\naaaaab\n\ny\r\r\nsk-aaaaaaaaabcdef\nz\n')).toBe(
      'x\r\n[REDACTED:A]\n\ny\r\r\n[REDACTED:LONG]\nz\n',
    );
    // So many ends of lines aren't those of one text.
    expect(text(`sk-aaaa${'\n'.repeat(5)}aaaaab`)).toBe(`sk-aaaa${'\n'.repeat(5)}aaaaab`);
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
      '\n',
      '\r\n',
      '\n\n\n',
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

describe('a value of several lines', () => {
  const lines = ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj', 'MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu']; // prettier-ignore
  const value = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\nZ1x\n-----END PRIVATE KEY-----\n`;
  const { text } = createRedactor([{ name: 'PEM', value }]);

  it.each([
    ['indented', value.replace(/^/gm, '  ')],
    ['without its first line', value.slice(value.indexOf('\n') + 1)],
    ['a line of it', lines[1]!],
    ['its lines in base64', lines.map((line) => Buffer.from(line).toString('base64')).join(' ')],
    ['its lines in hex, with numbers', lines.map((line, index) => `${index} ${Buffer.from(line).toString('hex')}`).join('\n')], // prettier-ignore
  ])('is found %s', (_, told) => {
    const clean = text(told);
    expect(clean).toContain('[REDACTED:PEM]');
    for (const line of lines) {
      for (const part of [line, Buffer.from(line).toString('base64'), Buffer.from(line).toString('hex')]) {
        expect(clean).not.toContain(part.slice(8, 24));
      }
    }
  });

  it.each([
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    'Z1x',
    'some ordinary words, 1 of many',
    'internationalisation',
    '====================',
    'docs/some/folder/page.md',
  ])('gives away no line that others have: %s', (line) => {
    const { text: clean } = createRedactor([{ name: 'Q', value: `${value}${line}\nmore\n` }]);
    expect(clean(`a ${line} b`)).toBe(`a ${line} b`);
  });
});

it.each([
  ["p@ss'grüß 7", String.raw`p@ss\'grüß\ 7`],
  ['a{b}c[d]e;f|g&h<i>j', String.raw`a\{b\}c\[d\]e\;f\|g\&h\<i\>j`],
  ['x"y$z`w!v*u?t(s)r^q,p', 'x\\"y\\$z\\`w' + String.raw`\!v\*u\?t\(s\)r\^q\,p`],
  ["tab\there's\x1b \\", String.raw`$'tab\there\'s\E \\'`],
  ['ünicode\n7', String.raw`$'ünicode\n7'`],
  ['ünicode-7', String.raw`$'\303\274nicode-7'`],
])('%j is found as bash quotes it: %s', (value, quoted) => {
  expect(createRedactor([{ name: 'k', value }]).text(`a ${quoted} b`)).toMatch(/^a (?:\$')?\[REDACTED:k\]'? b$/);
});
