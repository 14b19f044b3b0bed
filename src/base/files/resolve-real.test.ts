import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linkOutOf, resolveReal } from './resolve-real.ts';

let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'real-')));
  mkdirSync(join(root, 'a/b'), { recursive: true });
  writeFileSync(join(root, 'a/file'), '');
  symlinkSync('a/b', join(root, 'near'));
  symlinkSync('/', join(root, 'top'));
  symlinkSync('nowhere/x', join(root, 'dangling'));
  symlinkSync('two', join(root, 'one'));
  symlinkSync('one', join(root, 'two'));
  symlinkSync('.', join(root, 'self'));
});
afterAll(() => rmSync(root, { recursive: true }));

test('links are resolved also behind what does not exist', () => {
  const real = (path: string) => resolveReal(`${root}/${path}`);
  expect(real('near/../file')).toEqual({ real: `${root}/a/file`, kind: 'file', links: [`${root}/near`] });
  expect(real('near')).toEqual({ real: `${root}/a/b`, kind: 'dir', links: [`${root}/near`] });
  expect(real('self')).toEqual({ real: root, kind: 'dir', links: [`${root}/self`] });
  expect(real('top')).toEqual({ real: '/', kind: 'dir', links: [`${root}/top`] });
  expect(real('dangling')).toEqual({ real: `${root}/nowhere/x`, kind: 'missing', links: [`${root}/dangling`] });
  expect(real('missing/../top/etc')).toMatchObject({ real: '/etc' });
  expect(real('missing/deep/./x//y')).toEqual({ real: `${root}/missing/deep/x/y`, kind: 'missing', links: [] });
  expect(real('../../../../../../..')).toEqual({ real: '/', kind: 'dir', links: [] });
  expect(real('one')).toMatchObject({ code: 'not_found' });
  expect(real('a/file/x')).toEqual({ real: `${root}/a/file/x`, kind: 'missing', links: [] });
});

test('the link by which a path leads out of a folder is known; the own `..` of a path is none', () => {
  const out = (path: string, folder = root) => {
    const found = resolveReal(`${root}/${path}`);
    if ('code' in found) throw new Error(found.message);
    return linkOutOf(folder, found);
  };
  expect(out('top/etc/passwd')).toBe(`${root}/top`);
  expect(out('self/near/../../top')).toBe(`${root}/top`);
  expect(out('dangling')).toBe(undefined);
  expect(out(`top${root}/a/file`)).toBe(undefined);
  expect(out('../elsewhere')).toBe(undefined);
  expect(out('near/../file', `${root}/a/b`)).toBe(undefined);
});

test('whatever exists is where the system says it is', () => {
  const segment = fc.constantFrom('a', 'b', 'near', 'top', 'self', '..', '.', 'file', root.slice(1));
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
      const path = [root, ...segments].join('/');
      let expected: string;
      try {
        expected = realpathSync.native(path);
      } catch {
        return; // the system does not find it
      }
      expect(resolveReal(path)).toMatchObject({ real: expected });
    }),
  );
});
