/** The planted faults of the simulation are places in the sources: one that has gone is noticed before the long hunt for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from './simulation/mutants.ts';

const ROOT = join(import.meta.dirname, '..');

test.each(MUTANTS.map(({ name, file, find }) => ({ name, file, find })))('$name: once in $file', ({ file, find }) => {
  expect(readFileSync(join(ROOT, file), 'utf8').split(find)).toHaveLength(2);
});
