import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveReal } from './resolve-real.ts';

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
  expect(real('near/../file')).toEqual({ real: `${root}/a/file`, kind: 'file' });
  expect(real('near')).toEqual({ real: `${root}/a/b`, kind: 'dir' });
  expect(real('self')).toEqual({ real: root, kind: 'dir' });
  expect(real('top')).toEqual({ real: '/', kind: 'dir' });
  expect(real('dangling')).toEqual({ real: `${root}/nowhere/x`, kind: 'missing' });
  expect(real('missing/../top/etc')).toMatchObject({ real: '/etc' });
  expect(real('missing/deep/./x//y')).toEqual({ real: `${root}/missing/deep/x/y`, kind: 'missing' });
  expect(real('../../../../../../..')).toEqual({ real: '/', kind: 'dir' });
  expect(real('one')).toMatchObject({ code: 'not_found' });
  expect(real('a/file/x')).toEqual({ real: `${root}/a/file/x`, kind: 'missing' });
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
