import {
  chmodSync, existsSync, mkdirSync, readdirSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync,
} from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../../base/digest.ts';
import { shell, type TestHost, testHost } from '../test-host.ts';

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

const patch = (...lines: string[]) => ({ patch: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') });
const refusal = async (...lines: string[]) => (await t.inspect('apply_patch', patch(...lines))).invalid?.[0]?.message;

/** Every file of the project with its text. */
function files(folder = t.root): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const own = names.filter(({ parentPath }) => realpathSync(parentPath) === parentPath);
  const paths = own.map(({ parentPath, name }) => join(parentPath, name).slice(t.root.length + 1)).toSorted();
  return Object.fromEntries(paths.map((path) => [path, t.text(path)]));
}

const everyKind = patch(
  '*** Add File: deep/er/new.txt', '+hello', '*** Update File: a.txt', '@@', ' one', '-two', '+2', '*** Delete File: gone',
  '*** Update File: from.txt', '*** Move to: to.txt', '@@', '-x', '+y', '*** Update File: just.bin',
  '*** Move to: moved.bin',
); // prettier-ignore

function startingFiles(): void {
  t.file('a.txt', 'one\ntwo\n');
  t.file('gone', 'bye\n');
  t.file('from.txt', 'x\n');
  t.file('just.bin', 'b\0');
  chmodSync(join(t.root, 'gone'), 0o640);
  for (const path of ['from.txt', 'just.bin']) chmodSync(join(t.root, path), 0o750);
}

test('H-102 add, update, delete and move work with no program to help', async () => {
  startingFiles();
  const kept: string[] = [];
  const preserve = (bytes: Uint8Array) => Promise.resolve((kept.push(Buffer.from(bytes).toString()), digestOf(bytes)));
  const result = await t.call('apply_patch', everyKind, { preserve });
  expect(files()).toEqual({ 'a.txt': 'one\n2\n', 'deep/er/new.txt': 'hello\n', 'moved.bin': 'b\0', 'to.txt': 'y\n' });
  expect(result).toMatchObject({
    outcome: 'ok',
    output:
      'added deep/er/new.txt\nupdated a.txt\nmoved to.txt\nmoved moved.bin\ndeleted gone\nmoved from.txt\nmoved just.bin',
  });
  expect(result.files).toEqual([
    { path: 'deep/er/new.txt', action: 'add', after: digestOf('hello\n') },
    { path: 'a.txt', action: 'update', before: digestOf('one\ntwo\n'), after: digestOf('one\n2\n') },
    { path: 'to.txt', action: 'move', after: digestOf('y\n') },
    { path: 'moved.bin', action: 'move', after: digestOf('b\0') },
    { path: 'gone', action: 'delete', before: digestOf('bye\n'), mode: 0o640 },
    { path: 'from.txt', action: 'move', before: digestOf('x\n'), mode: 0o750 },
    { path: 'just.bin', action: 'move', before: digestOf('b\0'), mode: 0o750 },
  ]);
  expect(kept.toSorted()).toEqual(['b\0', 'bye\n', 'one\ntwo\n', 'x\n']);
});

test('the approver sees the whole change, and nothing is written for it', async () => {
  startingFiles();
  const before = files();
  const { presentation, facts } = await t.inspect('apply_patch', everyKind);
  expect(files()).toEqual(before);
  expect(presentation.title).toBe('Change 7 files: deep/er/new.txt, a.txt, gone, from.txt, to.txt, and 2 more');
  expect(presentation.diff).toBe(
    [
      '--- /dev/null', '+++ b/deep/er/new.txt', '@@ -0,0 +1,1 @@', '+hello',
      '--- a/a.txt', '+++ b/a.txt', '@@ -1,2 +1,2 @@', ' one', '-two', '+2',
      '--- a/gone', '+++ /dev/null', '@@ -1,1 +0,0 @@', '-bye',
      'rename from from.txt', 'rename to to.txt', '--- a/from.txt', '+++ b/to.txt', '@@ -1,1 +1,1 @@', '-x', '+y',
      'rename from just.bin', 'rename to moved.bin', '--- a/just.bin', '+++ b/moved.bin',
    ].join('\n'),
  ); // prettier-ignore
  expect(facts.paths.map(({ path, kind }) => [path, kind])).toContainEqual(['gone', 'file']);
  expect(facts.preimages).toContainEqual({ path: 'gone', before: digestOf('bye\n'), mode: 0o640 });
});

test('what hides in a diff is shown', async () => {
  t.file('a', 'x\n');
  const { presentation } = await t.inspect('apply_patch', patch('*** Update File: a', '-x', '+\x1b[8mrm\u202e'));
  expect(presentation.diff).toContain('+\\x1b[8mrm‹U+202E›');
});

test('H-103 no path leads out of the project root', async () => {
  mkdirSync(join(t.root, 'in'));
  symlinkSync('/tmp', join(t.root, 'out'));
  symlinkSync('../out', join(t.root, 'in/out'));
  symlinkSync('/tmp/new-file', join(t.root, 'file'));
  for (const path of ['../x', 'out/x', 'in/out/x', 'file', 'in/../../x', 'missing/../../x', 'missing/../out/x']) {
    expect(await refusal(`*** Add File: ${path}`, '+x')).toBe(`${path}: lies outside the project root`);
  }
  expect(await refusal('*** Add File: /tmp/x', '+x')).toBe('/tmp/x: must be relative to the project root');
  expect(await refusal(`*** Add File: ${t.root}/x`, '+x')).toContain('must be relative to the project root');
  t.file('a', 'x\n');
  expect(await refusal('*** Update File: a', '*** Move to: out/a')).toBe('out/a: lies outside the project root');
});

test('H-103 a link inside the project is followed and stays', async () => {
  t.file('real/a', 'x\n');
  symlinkSync('real', join(t.root, 'way'));
  symlinkSync('real/a', join(t.root, 'link'));
  await t.call('apply_patch', patch('*** Update File: link', '-x', '+y', '*** Add File: way/b', '+z'));
  expect(files()).toEqual({ 'real/a': 'y\n', 'real/b': 'z\n' });
  expect(readlinkSync(join(t.root, 'link'))).toBe('real/a');
});

test('H-103 a folder that became a link after the inspection is not followed', async () => {
  t.file('dir/a', 'x\n');
  t.file('other/a', 'x\n');
  const request = t.request('apply_patch', patch('*** Update File: dir/a', '-x', '+y'));
  const inspection = await t.host.inspect(request);
  rmSync(join(t.root, 'dir'), { recursive: true });
  symlinkSync('other', join(t.root, 'dir'));
  expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void' });
  expect(await t.run(request, inspection, { attempt: 2 })).toMatchObject({ outcome: 'unknown' });
  expect(files()).toEqual({ 'other/a': 'x\n' });
});

test('all or nothing: one section that does not fit, and nothing is done', async () => {
  t.file('a', 'x\n');
  t.file('bin', 'x\0\n');
  t.file('latin', Buffer.from([0xe4, 0x0a]));
  mkdirSync(join(t.root, 'dir'));
  shell('mkfifo "$1"', join(t.root, 'pipe'));
  const first = ['*** Update File: a', '-x', '+y'];
  expect(await refusal(...first, '*** Update File: b', '-x')).toBe('b: there is no such file');
  expect(await refusal(...first, '*** Delete File: b')).toBe('b: there is no such file');
  expect(await refusal(...first, '*** Add File: a', '+x')).toContain('a: exists already');
  expect(await refusal(...first, '*** Update File: a', '-x')).toContain('a: these lines do not stand in the file');
  expect(await refusal(...first, '*** Update File: bin', '-x')).toContain('bin: is no UTF-8 text');
  expect(await refusal(...first, '*** Update File: latin', '-x')).toContain('latin: is no UTF-8 text');
  expect(await refusal(...first, '*** Delete File: dir')).toBe('dir: is no regular file');
  expect(await refusal(...first, '*** Delete File: pipe')).toBe('pipe: is no regular file');
  expect(await refusal('*** Add File: b', '+x', '*** Update File: a', '*** Move to: b')).toContain('b: exists already');
  expect(await refusal('*** Update File: a', '-x', '+x')).toBe('changes nothing');
  expect(t.text('a')).toBe('x\n');
});

test('what a file that looks like a secret holds is not told by what fits it', async () => {
  t.file('.env', 'TOKEN=planted\nPIN=4711\nMODE=x\n');
  t.file('a', 'x\n');
  const env = '*** Update File: .env';
  const probes = {
    'a line that is there, then one that is not': [env, '@@', '-PIN=4711', '+x', '@@', '-nonsense', '+y'],
    'a line that is not there': [env, '@@', '-PIN=4712', '+x', '@@', '-nonsense', '+y'],
    'the wrong order': [env, '@@', '-MODE=x', '+x', '@@', '-PIN=4711', '+y'],
    'an anchor that is there': [env, '@@ TOKEN=planted', '-nonsense', '+y'],
    'an anchor that is not there': [env, '@@ TOKEN=other', '-nonsense', '+y'],
    'a change that is none': [env, '-PIN=4711', '+PIN=4711'],
    'as another file, once it is moved': [env, '*** Move to: b', '@@', '-PIN=4711', '+x', '*** Update File: b', '-n', '+m'],
    'fits, but the file behind it does not': [env, '-PIN=4711', '+x', '*** Update File: a', '-nonsense', '+y'],
    'does not fit, and nor does the file behind it': [env, '-PIN=4712', '+x', '*** Update File: a', '-nonsense', '+y'],
  }; // prettier-ignore
  for (const [what, lines] of Object.entries(probes)) {
    const { invalid, facts, presentation } = await t.inspect('apply_patch', patch(...lines));
    // A patch that fits is asked for: so is one that doesn't, or that it isn't asked for would tell.
    expect([invalid, facts.paths.some(({ secret_shaped }) => secret_shaped), facts.preimages], what).toEqual([
      undefined,
      true,
      [],
    ]);
    expect(presentation.body, what).toBe('The patch does not fit the files as they are: it would change nothing.');
    expect(await t.call('apply_patch', patch(...lines)), what).toMatchObject({
      outcome: 'error',
      error: {
        code: 'does_not_fit',
        message: 'the patch does not fit; where is not told, as one of its files looks like a secret',
      },
    });
  }
  expect(files()).toEqual({ '.env': 'TOKEN=planted\nPIN=4711\nMODE=x\n', a: 'x\n' });
  await t.call('apply_patch', patch(env, '-PIN=4711', '+PIN=1'));
  expect(t.text('.env')).toBe('TOKEN=planted\nPIN=1\nMODE=x\n');
});

test('sections act one after another, also on the same file', async () => {
  t.file('a', '1\n2\n');
  t.file('b', 'b\n');
  const swap = ['*** Update File: a', '*** Move to: t', '*** Update File: b', '*** Move to: a', '*** Update File: t', '*** Move to: b']; // prettier-ignore
  const twice = ['*** Update File: b', '-1', '+one', '*** Update File: b', '-2', '+two', '*** Delete File: a', '*** Add File: a', '+new']; // prettier-ignore
  await t.call('apply_patch', patch(...swap, ...twice));
  expect(files()).toEqual({ a: 'new\n', b: 'one\ntwo\n' });
});

test('modes and line ends stay', async () => {
  chmodSync(t.file('run.sh', 'a\r\nb'), 0o750);
  await t.call('apply_patch', patch('*** Update File: run.sh', '*** Move to: bin/run.sh', '-a', '+A'));
  expect(t.text('bin/run.sh')).toBe('A\r\nb');
  expect(statSync(join(t.root, 'bin/run.sh')).mode & 0o777).toBe(0o750);
  await t.call('apply_patch', patch('*** Update File: bin/run.sh', '-b', '+B'));
  expect(statSync(join(t.root, 'bin/run.sh')).mode & 0o777).toBe(0o750);
});

test('a file that changed after the inspection voids the patch and is named', async () => {
  t.file('a', 'x\nkept\n');
  const request = t.request('apply_patch', patch('*** Update File: a', '-x', '+y'));
  const inspection = await t.host.inspect(request);
  t.file('a', 'x\nchanged\n');
  const voided = await t.run(request, inspection);
  expect(voided).toMatchObject({
    outcome: 'void',
    error: { message: 'not run: a changed after the call was decided' },
  });
  expect(t.text('a')).toBe('x\nchanged\n');
});

test('a stop before anything changed leaves all as it was', async () => {
  startingFiles();
  const before = files();
  const stop = new AbortController();
  const preserve = (bytes: Uint8Array) => {
    stop.abort();
    return Promise.resolve(digestOf(bytes));
  };
  const result = await t.call('apply_patch', everyKind, { preserve, signal: stop.signal });
  expect(result).toMatchObject({ outcome: 'canceled', files: [] });
  expect(files()).toEqual(before);
  expect(existsSync(join(t.root, 'deep'))).toBe(false);
});

test('bytes that cannot be kept are not overwritten', async () => {
  startingFiles();
  const before = files();
  const preserve = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
  const result = await t.call('apply_patch', everyKind, { preserve });
  expect(result).toMatchObject({ outcome: 'error', error: { code: 'disk_full' }, files: [] });
  expect(files()).toEqual(before);
});

test('H-109 a full disk is told with its code, and nothing is changed', async ({ skip }) => {
  const disk = join(t.root, 'disk');
  mkdirSync(disk);
  try {
    shell('mount -t tmpfs -o size=64k tmpfs "$1"', disk);
  } catch {
    skip('may not mount');
  }
  try {
    t.file('disk/a', 'x\n');
    const large = `+${'y'.repeat(100)}`;
    const lines = ['*** Update File: disk/a', '-x', '+z', '*** Add File: disk/b', ...Array<string>(1000).fill(large)];
    const result = await t.call('apply_patch', patch(...lines));
    expect(result).toMatchObject({ outcome: 'error', error: { code: 'disk_full' } });
    expect(result.error!.message).toContain('disk full');
    expect(files()).toEqual({ 'disk/a': 'x\n' });
  } finally {
    shell('umount "$1"', disk);
  }
});

test('a failure between two files puts the first one back', async ({ skip }) => {
  t.file('a', 'x\n');
  const fixed = t.file('z', 'x\n');
  try {
    shell('chattr +i "$1"', fixed);
  } catch {
    skip('may not make a file immutable');
  }
  try {
    const result = await t.call(
      'apply_patch',
      patch('*** Update File: a', '-x', '+y', '*** Update File: z', '-x', '+y'),
    );
    expect(result).toMatchObject({ outcome: 'error', error: { code: 'no_permission' }, files: [] });
    expect(result.error!.message).toContain('no file is changed');
    expect(files()).toEqual({ a: 'x\n', z: 'x\n' });
  } finally {
    shell('chattr -i "$1"', fixed);
  }
});

test('what a patch of long ago left behind is cleared away, what is fresh is not', async () => {
  const [old, fresh, other] = ['0', '1', '2'].map((digit) => `.runtime-patch-${digit.repeat(16)}.tmp`);
  for (const name of [old!, fresh!]) writeFileSync(join(t.root, name), '');
  writeFileSync(join(t.root, `${other!}x`), '');
  for (const name of [old!, `${other!}x`]) utimesSync(join(t.root, name), 1, 1);
  await t.call('apply_patch', patch('*** Add File: a', '+x'));
  expect(Object.keys(files())).toEqual([fresh, `${other!}x`, 'a']);
});

test('files that are large together are refused before their lines fill the memory', async () => {
  for (const name of ['a', 'b', 'c']) t.file(name, 'x\n'.repeat(3 * 1024 * 1024));
  const lines = ['*** Delete File: a', '*** Delete File: b', '*** Delete File: c'];
  expect(await refusal(...lines)).toContain('more than 16777216 bytes together');
  expect(await refusal(...lines.slice(1))).toBeUndefined();
});
