import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changesBetween } from './line-changes.ts';
import { bytesOf, linesOf } from './text-file.ts';

const lines = (text: string) => linesOf(Buffer.from(text))!;

/** The text that the changes make of another. */
function changed(text: string, now: string): string {
  const old = lines(text);
  let at = 0;
  const made = changesBetween(old, lines(now)).flatMap((change) => {
    const kept = old.slice(at, change.at);
    expect(old.slice(change.at, change.at + change.removed.length)).toEqual(change.removed);
    at = change.at + change.removed.length;
    return [...kept, ...change.added];
  });
  return bytesOf([...made, ...old.slice(at)]).toString();
}

const count = (text: string, now: string): number =>
  changesBetween(lines(text), lines(now)).reduce((sum, { removed, added }) => sum + removed.length + added.length, 0);

test('the changes make the one text of the other', () => {
  const text = fc
    .array(fc.constantFrom('a\n', 'b\n', 'c\n', 'a\r\n', '\n'), { maxLength: 30 })
    .map((all) => all.join(''));
  fc.assert(fc.property(text, text, fc.boolean(), (a, b, ended) => {
    const now = ended ? b : b.replace(/\n$/, '');
    expect(changed(a, now)).toBe(now);
  }), { numRuns: 500 }); // prettier-ignore
});

test('they are the fewest', () => {
  expect(count('a\nb\nc\na\nb\nb\na\n', 'c\nb\na\nb\na\nc\n')).toBe(5);
  expect(count('a\nb\nc\n', 'a\nc\n')).toBe(1);
  expect(count('a\n', 'a\n')).toBe(0);
  expect(count('', 'a\nb\n')).toBe(2);
});

test('of very different texts the whole is replaced between their common ends', () => {
  const many = (name: string) => Array.from({ length: 3000 }, (_, index) => `${name}${index}\n`).join('');
  const [change, ...others] = changesBetween(lines(`same\n${many('a')}end\n`), lines(`same\n${many('b')}end\n`));
  expect([change?.at, change?.removed.length, change?.added.length, others.length]).toEqual([1, 3000, 3000, 0]);
});
