/** docs/parity.md says of each of the predecessor's checks where it is tested, why it is refused, or what it comes with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** The checks that it must name: all of the first list; of the others those of parts that are there. */
const LISTS: [list: string, ...ranges: [from: number, to: number][]][] = [
  ['H', [1, 151]],
  ['A', [1, 41], [47, 47], [71, 72], [74, 75], [89, 91], [97, 123], [130, 134]],
  ['K', [12, 13], [61, 76]],
  ['C', [85, 103]],
]; // prettier-ignore
const page = readFileSync(join(ROOT, 'docs/parity.md'), 'utf8');

test.each(LISTS)('every check of %s stands in it', (list, ...ranges) => {
  const named = new Set<number>();
  for (const [, from, to] of page.matchAll(new RegExp(`${list}-(\\d+)(?: to ${list}-(\\d+))?`, 'g'))) {
    for (let number = Number(from); number <= Number(to ?? from); number++) named.add(number);
  }
  const missing = ranges.flatMap(([from, to]) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((number) => !named.has(number)),
  );
  expect(missing).toEqual([]);
});

test('a file that is said to test a check has its number in a title', () => {
  const rows = [...page.matchAll(/^\| ((?:[HACK]-\d+(?:, )?)+) +\|.*\| (`[^|]+`) +\|$/gm)];
  expect(rows.length).toBeGreaterThan(180);
  for (const [, checks, files] of rows) {
    for (const [, file] of files!.matchAll(/`([^`]+)`/g)) {
      const text = readFileSync(join(ROOT, file!), 'utf8');
      for (const check of checks!.split(', ')) {
        expect([file, new RegExp(`['"\`].*${check}\\b`).test(text) ? check : undefined]).toEqual([file, check]);
      }
    }
  }
});
