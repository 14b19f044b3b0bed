import { lstatSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeOutputFile } from './output-file.ts';

let folder: string;
beforeEach(() => void (folder = realpathSync(mkdtempSync(join(tmpdir(), 'output-')))));
afterEach(() => rmSync(folder, { recursive: true }));

async function* pieces(): AsyncIterable<string> {
  yield 'one ';
  yield await Promise.resolve('two');
}

test('what an agent put under the name by which it is written first keeps nobody from it, and is left alone', async () => {
  const planted = join(folder, `out.${process.pid}.tmp`);
  symlinkSync('/nowhere', planted);
  await writeOutputFile(join(folder, 'out'), pieces(), folder);
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('one two');
  expect(lstatSync(planted).isSymbolicLink()).toBe(true);
});
