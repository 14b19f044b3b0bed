import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { linkOutOfProject, projectAround } from './link-out-of-project.ts';
import { type RealPath, resolveReal } from './resolve-real.ts';

const around = realpathSync(mkdtempSync(join(tmpdir(), 'projects-')));
afterAll(() => rmSync(around, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());
const at = (path: string): string => join(around, path);
for (const folder of ['.git', 'me/.git', 'me/p/.git', 'me/p/lib/.git', 'me/plain', 'me/other']) {
  mkdirSync(at(folder), { recursive: true });
}
symlinkSync('../other', at('me/p/out'));
symlinkSync('..', at('me/p/lib/up'));
symlinkSync('../other', at('me/plain/out'));
symlinkSync('other', at('me/alias'));
const found = (path: string): RealPath => resolveReal(at(path)) as RealPath;

test('the outermost repository counts, and none that holds a home', () => {
  vi.stubEnv('HOME', at('me'));
  expect(projectAround(at('me/p/lib/x'))).toBe(at('me/p'));
  expect(projectAround(at('me/plain/x'))).toBeUndefined();
  expect(projectAround(at('x'))).toBeUndefined();
  vi.stubEnv('HOME', '/nowhere');
  expect(projectAround(at('me/plain/x'))).toBe(around);
});

test('a link counts that leads out of the repository in which it lies, or of a folder that is given', () => {
  vi.stubEnv('HOME', at('me'));
  expect(linkOutOfProject(found('me/p/out'), [])).toBe(at('me/p/out'));
  expect(linkOutOfProject(found('me/p/lib/up'), [])).toBeUndefined();
  expect(linkOutOfProject(found('me/alias'), [])).toBeUndefined();
  expect(linkOutOfProject(found('me/plain/out'), [])).toBeUndefined();
  expect(linkOutOfProject(found('me/plain/out'), [at('me/plain')])).toBe(at('me/plain/out'));
});
