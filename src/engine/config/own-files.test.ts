import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownFiles } from './own-files.ts';
import { defaultConfig } from '../testing/default-config.ts';

test('links in its home, and in the folder of the workspace, are among the runtime’s own', () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'own-')));
  mkdirSync(join(home, 'elsewhere/default'), { recursive: true });
  symlinkSync('elsewhere', join(home, 'workspaces'));
  symlinkSync('/elsewhere/sessions', join(home, 'workspaces/default/sessions'));
  expect(ownFiles(home, defaultConfig())).toEqual(
    expect.arrayContaining([join(home, 'workspaces'), join(home, 'workspaces/default/sessions')]),
  );
  rmSync(home, { recursive: true });
});
