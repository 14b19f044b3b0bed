/** docs/parity.md says of each of the predecessor's checks where it is tested, why it is refused, or what it comes with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const CHECKS = 151;
const page = readFileSync(join(ROOT, 'docs/parity.md'), 'utf8');

test('every check stands in it', () => {
  const named = new Set<number>();
  for (const [, from, to] of page.matchAll(/H-(\d+)(?: to H-(\d+))?/g)) {
    for (let number = Number(from); number <= Number(to ?? from); number++) named.add(number);
  }
  const missing = Array.from({ length: CHECKS }, (_, index) => index + 1).filter((number) => !named.has(number));
  expect(missing).toEqual([]);
});

test('a file that is said to test a check has its number in a title', () => {
  const rows = [...page.matchAll(/^\| ([HA]-\d+) +\|.*\| (`[^|]+`) +\|$/gm)];
  expect(rows.length).toBeGreaterThan(60);
  for (const [, check, files] of rows) {
    for (const [, file] of files!.matchAll(/`([^`]+)`/g)) {
      const text = readFileSync(join(ROOT, file!), 'utf8');
      expect([file, new RegExp(`['"\`].*${check}\\b`).test(text) ? check : undefined]).toEqual([file, check]);
    }
  }
});
