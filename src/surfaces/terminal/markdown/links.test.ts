import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deceives, linkTarget, saysAddress } from './links.ts';

test.each([
  ['https://e.com/a?b=c;d#e', 'https://e.com/a?b=c;d#e'],
  ['HTTP://e.com', 'HTTP://e.com'],
  ['mailto:me@e.com', 'mailto:me@e.com'],
  ['https://e.com/ü ä', 'https://e.com/%C3%BC%20%C3%A4'],
  ['https://e.com/\x1b\\\x07', 'https://e.com/%1B\\%07'],
  ['javascript:alert(1)', undefined],
  ['file:///etc/passwd', undefined],
  ['vscode://x', undefined],
  ['docs/page.md', undefined],
  [`https://e.com/${'x'.repeat(2000)}`, undefined],
])('%j leads to %j', (address, target) => {
  expect(linkTarget(address)).toBe(target);
});

test('a target is printable ASCII whatever the address is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (rest) => {
      expect(linkTarget(`https://e.com/${rest}`) ?? '').toMatch(/^[\x21-\x7E]*$/);
    }),
  );
});

test.each([
  ['https://bank.com', 'https://evil.com', true],
  ['bank.com/login', 'https://evil.com', true],
  ['bank.com', 'https://bank.com/', false],
  ['the bank', 'https://evil.com', false],
  ['e.g. this', 'https://e.com', false],
])('%j for %j hides something: %s', (text, address, expected) => {
  expect(deceives(text, address)).toBe(expected);
});

test('an address says itself without its scheme', () => {
  expect(saysAddress('me@e.com', 'mailto:me@e.com')).toBe(true);
  expect(saysAddress('e.com', 'https://e.com/')).toBe(true);
  expect(saysAddress('e.com', 'https://e.com/x')).toBe(false);
});
