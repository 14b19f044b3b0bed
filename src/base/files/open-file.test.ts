import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFile, openFolder, readWhole } from './open-file.ts';

let root: string;
beforeEach(() => void (root = realpathSync(mkdtempSync(join(tmpdir(), 'open-')))));
afterEach(() => rmSync(root, { recursive: true }));

test('a link that came in after the inspection leads nowhere, in whichever place', () => {
  mkdirSync(join(root, 'dir'));
  mkdirSync(join(root, 'secret'));
  writeFileSync(join(root, 'dir/a'), 'harmless');
  writeFileSync(join(root, 'secret/a'), 'secret');
  const opened = openFile(join(root, 'dir/a'));
  if ('code' in opened) throw new Error(opened.message);
  closeSync(opened.fd);

  renameSync(join(root, 'dir'), join(root, 'was'));
  symlinkSync('secret', join(root, 'dir'));
  expect(openFile(join(root, 'dir/a'))).toMatchObject({ code: 'changed' });
  expect(openFolder(join(root, 'dir'))).toMatchObject({
    code: expect.stringMatching(/changed|not_a_folder/) as string,
  });
  symlinkSync('../secret/a', join(root, 'was/b'));
  expect(openFile(join(root, 'was/b'))).toMatchObject({ code: 'changed' });
});

test('a pipe is not opened, and neither is what is larger than asked for', async () => {
  execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', join(root, 'pipe')]);
  writeFileSync(join(root, 'large'), 'x'.repeat(10_001));
  expect(await readWhole(join(root, 'pipe'), 10)).toMatchObject({ code: 'not_a_file' });
  expect(await readWhole(join(root, 'large'), 10_000)).toMatchObject({ code: 'too_large' });
  expect(await readWhole(join(root, 'large'), 10_001)).toMatchObject({ bytes: Buffer.from('x'.repeat(10_001)) });
});
