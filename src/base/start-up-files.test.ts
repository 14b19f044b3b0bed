import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startUpFiles } from './start-up-files.ts';

test('folders of a home that nobody may look into hide nothing of the rest', () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'home-')));
  for (const name of ['.config', 'dotfiles']) mkdirSync(join(home, name));
  symlinkSync('dotfiles/bash', join(home, '.bashrc'));
  const isRoot = process.geteuid!() === 0; // who may look at all
  if (isRoot) for (const path of [home, join(home, '.config')]) chownSync(path, 65_534, 65_534);
  if (isRoot) process.seteuid!(65_534);
  try {
    chmodSync(join(home, '.config'), 0);
    expect(startUpFiles(join(home, 'dotfiles'), [home, '/dev/null'])).toEqual([
      { path: join(home, 'dotfiles/bash'), as: 'settings' },
    ]);
  } finally {
    if (isRoot) process.seteuid!(0);
    rmSync(home, { recursive: true });
  }
});
