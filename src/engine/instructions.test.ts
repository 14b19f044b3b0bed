import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createInstructionFiles } from '../adapters/instructions/instruction-files.ts';
import { gatherInstructions } from './instructions.ts';

let place: string;
beforeEach(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'instructions-')));
});
afterEach(() => rmSync(place, { recursive: true }));

function write(path: string, text = path): string {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
  return join(place, path);
}

const gather = (more: Partial<Parameters<typeof gatherInstructions>[0]> = {}) => {
  const files = createInstructionFiles(join(place, 'workspace'));
  return gatherInstructions({ project_root: join(place, 'repo/a/b'), files, ...more });
};

const origins = async (...given: Parameters<typeof gather>): Promise<string[]> =>
  (await gather(...given)).instruction_sources!.map(({ origin }) => origin);

describe('instructions', () => {
  beforeEach(() => {
    mkdirSync(join(place, 'repo/a/b'), { recursive: true });
    mkdirSync(join(place, 'repo/.git'));
    mkdirSync(join(place, 'workspace'));
  });

  test('C-73: go from the general to the special, each with where it comes from', async () => {
    write('AGENTS.md', 'outside of the repository');
    const files = [write('workspace/AGENTS.md'), write('repo/AGENTS.md'), write('repo/a/b/AGENTS.md')];
    expect(await origins({ session: 'be kind' })).toEqual(['built-in', ...files, 'session']);
    const { instructions } = await gather({ session: 'be kind' });
    expect(instructions).not.toContain('outside');
    const places = ['The project root is', 'workspace/AGENTS.md', 'repo/AGENTS.md', 'b/AGENTS.md', 'be kind'];
    const found = places.map((text) => instructions.indexOf(text));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found[0]).toBeGreaterThan(-1);
  });

  test('are those of the folder alone where it is in no repository', async () => {
    rmSync(join(place, 'repo/.git'), { recursive: true });
    write('repo/AGENTS.md');
    const file = write('repo/a/b/AGENTS.md');
    expect(await origins()).toEqual(['built-in', file]);
  });

  test('of the configuration come in place of the built-in ones', async () => {
    const { instructions } = await gather({ configured: 'Only this.' });
    expect(instructions).toBe('Only this.');
  });

  test('that are long are cut, and say so', async () => {
    for (const path of ['workspace/AGENTS.md', 'repo/AGENTS.md', 'repo/a/b/AGENTS.md']) write(path, 'x'.repeat(50_000));
    const { instructions } = await gather();
    expect(instructions.length).toBeLessThan(70_000);
    expect(instructions).toContain('bytes more are left out');
  });

  test('C-74: that are long leave the built-in ones whole, and are cut between characters', async () => {
    // Neither the most of one file, nor that of all together, ends where one does.
    for (const path of ['workspace/AGENTS.md', 'repo/AGENTS.md', 'repo/a/b/AGENTS.md']) write(path, '€'.repeat(20_000));
    const { instructions } = await gather({ session: 'be kind' });
    expect(instructions.includes('\uFFFD')).toBe(false);
    const alone = (await gather({ files: { read: async () => [] } })).instructions;
    expect(instructions.startsWith(`${alone}\n\n# `)).toBe(true);
    expect(instructions.endsWith('be kind')).toBe(true);
    const told = instructions.match(/€/g)!.length * 3;
    const left = [...instructions.matchAll(/(\d+) bytes more are left out/g)].map(([, bytes]) => Number(bytes));
    expect(told + left.reduce((sum, bytes) => sum + bytes, 0)).toBe(3 * 60_000);
  });

  test('may be a link to another Markdown file beside it, and to nothing else', async () => {
    write('repo/CLAUDE.md', 'of the neighbour');
    symlinkSync('CLAUDE.md', join(place, 'repo/AGENTS.md'));
    expect((await gather()).instructions).toContain('of the neighbour');
    write('secret', 'hush');
    symlinkSync('../../../secret', join(place, 'repo/a/b/AGENTS.md'));
    const { instructions, missing } = await gather();
    expect(instructions).not.toContain('hush');
    expect(missing).toMatchObject([
      { what: join(place, 'repo/a/b/AGENTS.md'), why: expect.stringContaining('leads to') as string },
    ]);
  });

  test('that can not be read are named, and hold nothing up', async () => {
    mkdirSync(join(place, 'repo/AGENTS.md'));
    execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', join(place, 'repo/a/b/AGENTS.md')]);
    expect((await gather()).missing).toHaveLength(2);
  });
});
