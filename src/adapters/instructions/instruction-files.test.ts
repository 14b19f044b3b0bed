import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createInstructionFiles } from './instruction-files.ts';

const SOMEBODY = 12_345;
const isRoot = process.getuid?.() === 0;
let above = '';

beforeEach(() => void (above = mkdtempSync(join(tmpdir(), 'runtime-agents-'))));
afterEach(() => rmSync(above, { recursive: true }));

/** A project in a folder that somebody else may write to, who says there how agents are to work. */
function project(): string {
  const folder = join(above, 'project');
  mkdirSync(join(above, '.git'));
  mkdirSync(folder);
  writeFileSync(join(above, 'AGENTS.md'), 'from above');
  writeFileSync(join(folder, 'AGENTS.md'), 'from the project');
  return folder;
}

const read = (root: string) => createInstructionFiles(join(above, 'none')).read(root, 1000);

test('files of the repository above the project are read, the general first', async () => {
  expect(await read(project())).toMatchObject([{ text: 'from above' }, { text: 'from the project' }]);
});

test.skipIf(!isRoot)('what another user put above the project is not told, and it says so (needs root)', async () => {
  const root = project();
  chownSync(join(above, 'AGENTS.md'), SOMEBODY, SOMEBODY);
  expect(await read(root)).toEqual([
    { path: join(above, 'AGENTS.md'), why: 'it belongs to another user' },
    expect.objectContaining({ text: 'from the project' }),
  ]);
});

test.skipIf(!isRoot)("the project's own owner is believed, whoever runs this (needs root)", async () => {
  const root = project();
  for (const path of [root, join(root, 'AGENTS.md'), join(above, 'AGENTS.md')]) chownSync(path, SOMEBODY, SOMEBODY);
  expect(await read(root)).toMatchObject([{ text: 'from above' }, { text: 'from the project' }]);
});
