import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GITLINK, indexEntries, type ObjectFormat, staysInside } from './git-index.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'index-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    cwd: folder,
    stdio: 'pipe',
    encoding: 'latin1',
  });
const read = (name = 'index', format: ObjectFormat = 'sha1') =>
  indexEntries(readFileSync(join(folder, '.git', name)), format);

const long = `${'x/'.repeat(2100)}end`;
const NAMES = ['README', 'a/b', 'a/bc', 'sp ace', 'ü', `${'d'.repeat(200)}/${'e'.repeat(200)}`];

describe.each<[version: string, more: string[], format?: ObjectFormat]>([
  ['2', []],
  ['3', []],
  ['4', []],
  ['4', ['-c', 'index.threads=2']],
  ['2', ['-c', 'index.threads=2']],
  ['2', ['--object-format=sha256'], 'sha256'],
])('what git %s wrote, %j', (version, more, format = 'sha1') => {
  const made = more.filter((one) => one.startsWith('--'));
  const config = more.filter((one) => !one.startsWith('--'));
  beforeEach(() => void git('init', '-q', ...made));

  test('is read as git reads it', () => {
    for (const name of NAMES) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), name);
    }
    git(...config, 'add', '.');
    git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(format === 'sha256' ? 64 : 40)},sub`);
    git('update-index', '--add', '--cacheinfo', `100644,${git('hash-object', '-w', 'README').trim()},${long}`);
    if (version === '3') {
      writeFileSync(join(folder, 'later'), '');
      git('add', '-N', 'later');
    }
    git(...config, 'update-index', '--index-version', version === '3' ? '2' : version, '--force-write-index');
    const names = git('ls-files', '-z').split('\0').slice(0, -1);
    const bytes = readFileSync(join(folder, '.git/index'));
    expect(bytes.readUInt32BE(4)).toBe(Number(version));
    expect(read('index', format)?.map(({ name }) => name)).toEqual(names);
    expect(names).toContain(long);
    const staged = git('ls-files', '-z', '--stage').split('\0').slice(0, -1).map((line) => line.split(' 0\t')[0]); // prettier-ignore
    expect(read('index', format)?.map(({ mode, id }) => `${mode.toString(8)} ${id.toString('hex')}`)).toEqual(staged);
    expect(read('index', format)?.find(({ name }) => name === 'sub')?.mode).toBe(GITLINK);
    expect(names.every(staysInside)).toBe(true);
  });
});

test('an index of many, in groups, is read whole', () => {
  git('init', '-q');
  const blob = git('hash-object', '-w', '--stdin').trim();
  const lines = Array.from({ length: 30_000 }, (_, n) => `100644 ${blob}\tfolder-${n % 100}/file-${n}\n`);
  for (const version of ['2', '4']) {
    execFileSync('git', ['-c', 'index.threads=4', '-c', `index.version=${version}`, 'update-index', '--index-info'], {
      cwd: folder,
      input: lines.join(''),
    });
    execFileSync('git', ['-c', 'index.threads=4', 'update-index', '--index-version', version, '--force-write-index'], {
      cwd: folder,
    });
    expect(readFileSync(join(folder, '.git/index')).includes('IEOT')).toBe(true);
    expect(read()).toHaveLength(30_000);
  }
});

test('the parts of one that is split are read each', () => {
  git('init', '-q');
  writeFileSync(join(folder, 'a'), '');
  git('add', 'a');
  git('update-index', '--split-index');
  writeFileSync(join(folder, 'b'), '');
  git('add', 'b');
  const parts = readdirSync(join(folder, '.git')).filter((name) => /^(?:shared)?index/.test(name));
  const names = parts.flatMap((name) => read(name)!.map((entry) => entry.name));
  expect(parts.length).toBeGreaterThan(1);
  expect(names).toContain('a');
  expect(names).toContain('b');
});

test('what is cut off or made otherwise is not read', () => {
  git('init', '-q');
  for (const name of ['aa', 'bb', 'cc']) writeFileSync(join(folder, name), '');
  git('add', '.');
  const bytes = readFileSync(join(folder, '.git/index'));
  for (let length = 0; length < bytes.length - 1; length++) {
    const got = indexEntries(bytes.subarray(0, length), 'sha1');
    // Less of what stands behind the names is no less of the names.
    if (got !== undefined) expect(got.map(({ name }) => name)).toEqual(['aa', 'bb', 'cc']);
  }
  const nul = Buffer.from(bytes);
  nul[nul.indexOf('aa')] = 0;
  expect(indexEntries(nul, 'sha1')).toBeUndefined();
  expect(indexEntries(Buffer.from('DIRCxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'), 'sha1')).toBeUndefined();
});

test('garbage ends it, soon', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(2, 3, 4), (tail, version) => {
      const head = Buffer.from([68, 73, 82, 67, 0, 0, 0, version, 0xff, 0xff, 0xff, 0xff]);
      expect(indexEntries(Buffer.concat([head, tail]), 'sha1')).toBeUndefined();
    }),
  );
});

test.each([
  ['a', true],
  ['a/b.git/c', true],
  ['.gitignore', true],
  ['..a/b..', true],
  ['folder/', true],
  ['', true],
  ['../a', false],
  ['a/../b', false],
  ['a/..', false],
  ['/a', false],
  ['a//b', false],
  ['./a', false],
  ['.git/hooks/x', false],
  ['a/.GIT/x', false],
  ['.git', false],
  ['.git /x', false],
  ['git~1/x', false],
  [Buffer.from('.g\u200cit/x').toString('latin1'), false],
])('%j stays inside: %s', (name, is) => expect(staysInside(name)).toBe(is));
