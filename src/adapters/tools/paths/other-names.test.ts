/** Paths that are not what their names say. */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shell, type TestHost, testHost } from '../test-host.ts';
import { leadsInto } from './other-names.ts';
import type { PathFact } from './path-facts.ts';

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

async function factOf(path: string): Promise<PathFact> {
  const { facts, invalid } = await t.inspect('read_file', { path });
  if (invalid) throw new Error(JSON.stringify(invalid));
  return facts.paths[0]!;
}

const said = async (path: string): Promise<string> => {
  const { outcome, output, error } = await t.call('read_file', { path });
  return error ? `${outcome} ${error.code}` : output;
};

describe('hard links', () => {
  test('to what the runtime keeps are closed, wherever they are', async () => {
    mkdirSync(join(t.home, 'auth'));
    writeFileSync(join(t.home, 'auth/tokens.json'), 'the key');
    t.file('plain', 'nothing');
    linkSync(join(t.home, 'auth/tokens.json'), join(t.root, 'notes.txt'));
    linkSync(join(t.root, 'plain'), join(t.root, 'plain-2'));
    expect(await factOf('notes.txt')).toMatchObject({ inside_root: true, closed: true });
    expect(await said('notes.txt')).toBe('error closed');
    expect((await t.call('search_files', { query: 'the key' })).output).toBe('[no line matches]');
    expect(await said('plain-2')).toContain('nothing');
  });

  test('to a secret in the home of the person are one', async () => {
    t.file('.ssh/work', 'the key');
    t.file('.netrc', 'the word');
    for (const [from, to] of [['.ssh/work', 'a.txt'], ['.netrc', 'b.txt']] as const) linkSync(join(t.root, from), join(t.root, to)); // prettier-ignore
    expect(await factOf('a.txt')).toMatchObject({ secret_shaped: true });
    expect(await factOf('b.txt')).toMatchObject({ secret_shaped: true });
    expect((await t.call('search_files', { query: 'the' })).output).toBe('[no line matches]');
  });

  test('to a secret of the project are one, as far as that is looked for', async () => {
    t.file('.env', 'the word');
    t.file('config/.env.local', 'the other word');
    t.file('a/b/.env', 'deeper');
    for (const [from, to] of [['.env', 'env2'], ['config/.env.local', 'config/plain'], ['a/b/.env', 'c.txt']] as const) linkSync(join(t.root, from), join(t.root, to)); // prettier-ignore
    expect(await factOf('env2')).toMatchObject({ secret_shaped: true });
    expect(await factOf('config/plain')).toMatchObject({ secret_shaped: true });
    expect(await factOf('c.txt')).toMatchObject({ secret_shaped: false });
    expect((await t.call('search_files', { query: 'word' })).output).toBe('[no line matches]');
    const patch = '*** Begin Patch\n*** Update File: env2\n@@\n-the word\n+x\n*** End Patch\n';
    expect((await t.inspect('apply_patch', { patch })).facts.paths).toMatchObject([{ secret_shaped: true }]);
  });

  test('are cut by a patch: the other name keeps its file', async () => {
    t.file('a.txt', 'old\n');
    linkSync(join(t.root, 'a.txt'), join(t.root, 'b.txt'));
    await t.call('apply_patch', { patch: '*** Begin Patch\n*** Update File: b.txt\n@@\n-old\n+new\n*** End Patch\n' });
    expect([t.text('a.txt'), t.text('b.txt')]).toEqual(['old\n', 'new\n']);
  });
});

describe('/proc', () => {
  test.skipIf(process.platform !== 'linux')('what it leads to is what is judged', async () => {
    t.file('a.txt', 'here');
    writeFileSync(join(t.home, 'config.yaml'), 'key');
    expect(await factOf('/proc/self/cwd')).toMatchObject({ inside_root: false, real: process.cwd() });
    expect(await factOf(`/proc/self/root${t.root}/a.txt`)).toMatchObject({ inside_root: true, real: `${t.root}/a.txt` }); // prettier-ignore
    expect(await factOf(`/proc/thread-self/root/${t.home}/config.yaml`)).toMatchObject({ closed: true });
    expect(await factOf('/proc/self/environ')).toMatchObject({ inside_root: false, secret_shaped: true, real: `/proc/${process.pid}/environ` }); // prettier-ignore
    expect(await factOf('/proc/self/mem')).toMatchObject({ inside_root: false, secret_shaped: true });
    symlinkSync('/proc/self/environ', join(t.root, 'notes'));
    expect(await factOf('notes')).toMatchObject({ inside_root: false, secret_shaped: true });
    expect(await said('/proc/self/fd/0')).toMatch(/^error/);
  });
});

describe('devices, pipes and sockets', () => {
  test('are never opened, by whatever name', async () => {
    shell('mkfifo "$1"', join(t.root, 'pipe'));
    symlinkSync('/dev/zero', join(t.root, 'zero'));
    for (const path of ['pipe', 'zero', '/dev/zero', '/dev/tty', '/dev/urandom']) {
      expect(await factOf(path)).toMatchObject({ kind: 'other' });
      expect(await said(path)).toBe('error not_a_file');
    }
  });
});

describe('spellings', () => {
  test('`~` is a name like any other', async () => {
    expect(await factOf('~/.ssh/id_rsa')).toMatchObject({ real: `${t.root}/~/.ssh/id_rsa`, kind: 'missing' });
  });

  test('two spellings of one letter are two files here, and neither is taken for the other', async () => {
    const [composed, taken] = ['caf\u00e9', 'cafe\u0301'];
    t.file(composed, 'one');
    expect(await factOf(taken)).toMatchObject({ real: `${t.root}/${taken}`, kind: 'missing' });
    t.file(taken, 'two');
    expect([await said(composed), await said(taken)]).toEqual(['one', 'two']);
  });

  test.each(['.SSH/x', '.\u017fsh/x', '.\u200bssh/x', '.\u212aube/config', '.ENV', 'ID_RSA'])(
    '%j may be a secret on another disk',
    async (path) => expect(await factOf(path)).toMatchObject({ secret_shaped: true }),
  );

  test('the home by another name of the same folder', async ({ skip }) => {
    const other = join(t.root, 'other');
    mkdirSync(other);
    writeFileSync(join(t.home, 'config.yaml'), 'key');
    if (spawnSync('mount', ['--bind', t.home, other]).status !== 0) return skip('nothing can be mounted here');
    try {
      expect(readFileSync(join(other, 'config.yaml'), 'utf8')).toBe('key');
      expect(await factOf('other/config.yaml')).toMatchObject({ closed: true });
      expect(await factOf('other/new')).toMatchObject({ closed: true });
      expect(leadsInto(t.home, t.root)).toBe(false);
      expect((await t.call('search_files', { query: 'key' })).output).toBe('[no line matches]');
    } finally {
      spawnSync('umount', [other]);
    }
  });
});
