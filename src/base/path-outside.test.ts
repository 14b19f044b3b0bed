import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { pathOutside } from './path-outside.ts';

/** A folder of its own, as of another project or of the system, and what is started in a project. */
let base: string;
let other: string;
beforeEach(() => void ([base, other] = [made(), made()]));

function made(): string {
  const folder = realpathSync(mkdtempSync('/var/tmp/runtime-path-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const kept = (path: string[], folder: string, HOME = '/nonexistent'): string[] =>
  pathOutside({ PATH: path.join(':'), HOME }, folder).split(':');

test('a search path loses what lies in the folder, by whatever name, and what has no place of its own', () => {
  const project = join(base, 'project');
  mkdirSync(join(project, 'bin'), { recursive: true });
  symlinkSync(join(project, 'bin'), join(other, 'bin'));
  const path = ['/usr/bin', project, `${project}/bin`, '', '.', 'bin', `${other}/bin`, `${other}/there`];
  expect(kept(path, project)).toEqual(['/usr/bin', `${other}/there`]);
  expect(kept([project], project)).toEqual(['/usr/bin', '/bin']);
  expect(pathOutside({}, project).split(':')).toContain('/usr/bin');
});

test('started in a subfolder of a project, with .git or without, what lies in the project, too', () => {
  const sub = join(base, 'project/packages/one');
  mkdirSync(sub, { recursive: true });
  const path = [`${base}/project/bin`, `${base}/project/node_modules/.bin`, `${sub}/bin`, `${other}/bin`];
  expect(kept(path, sub)).toEqual([`${other}/bin`]);
  writeFileSync(join(base, 'project/packages/.git'), 'gitdir: elsewhere\n');
  expect(kept(path, sub)).toEqual([`${other}/bin`]);
});

test.each([
  ['/srv/x/sub', ['/srv/x/bin', '/srv/y/bin'], ['/opt/bin', '/usr/local/bin']],
  ['/home/other/x/sub', ['/home/other/x/bin', '/home/other/bin'], ['/home/linuxbrew/bin', '/usr/bin']],
  ['/app/sub', ['/app/bin', '/app/node_modules/.bin'], ['/usr/bin']],
  ['/usr/src/app', ['/usr/src/bin'], ['/usr/bin', '/usr/local/bin']],
  ['/usr/local/project/sub', ['/usr/local/project/bin'], ['/usr/local/bin', '/usr/bin']],
  ['/var/www/x/sub', ['/var/www/x/bin'], ['/var/lib/bin']],
])('started in %s', (folder, left_out, stays) => {
  expect(kept([...left_out, ...stays], folder)).toEqual(stays);
});

test('what lies in a home is left out wherever it is started, but not what a link of it leads to', () => {
  mkdirSync(join(base, '.local/bin'), { recursive: true });
  symlinkSync(other, join(base, '.nix-profile'));
  const path = [`${base}/.local/bin`, `${base}/bin`, `${base}/.nix-profile/bin`];
  expect(kept(path, '/srv/x', base)).toEqual([`${other}/bin`]);
  expect(kept(['/usr/bin'], '/srv/x', '/')).toEqual(['/usr/bin']);
});
