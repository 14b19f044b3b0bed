import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pathOutside } from './path-outside.ts';

test('a search path loses what lies in the folder, by whatever name, and what has no place of its own', () => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-path-')));
  onTestFinished(() => rmSync(base, { recursive: true }));
  const project = join(base, 'project');
  mkdirSync(join(project, 'bin'), { recursive: true });
  symlinkSync('project/bin', join(base, 'bin'));
  const path = ['/usr/bin', project, `${project}/bin`, '', '.', 'bin', `${base}/bin`, `${base}/project-2`, '/bin'];
  expect(pathOutside(path.join(':'), project)).toBe(['/usr/bin', `${base}/project-2`, '/bin'].join(':'));
  expect(pathOutside(project, project)).toBe('/usr/bin:/bin');
  expect(pathOutside(undefined, project)).toBe('/usr/bin:/bin');
});
