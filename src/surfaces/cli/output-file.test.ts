import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
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

test('no link of a repository leads out of it, wherever the person stands', async () => {
  mkdirSync(join(folder, 'project/.git'), { recursive: true });
  mkdirSync(join(folder, 'other'));
  symlinkSync('../other', join(folder, 'project/out'));
  const refused = writeOutputFile(join(folder, 'project/out/x'), pieces(), join(folder, 'other'));
  await expect(refused).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('leads out of a project, by the link') as string,
  });
  expect(readdirSync(join(folder, 'other'))).toEqual([]);
});
