/** A secret of the project stays where it is hidden: the folders around it can't be moved, by whatever command. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tryOut } from '../adapters/sandbox/try-out.ts';
import { type Confined, confined, LEVELS, levelsUnmet, PATH } from './testing/confined.ts';

const [bubblewrap] = LEVELS;
const unmet = (await levelsUnmet()).get(bubblewrap!.name) ?? '';

/** renameat2(2) with RENAME_EXCHANGE, by Perl. */
const EXCHANGE = `perl -e 'syscall(316, -100, $ARGV[0], -100, $ARGV[1], 2) and die "$!\\n"'`;

describe.skipIf(unmet !== '')(`${bubblewrap!.name}${unmet}`, () => {
  let c: Confined;
  beforeEach(() => {
    c = confined(bubblewrap!);
    c.t.file('config/deploy/server.pem', '-----BEGIN PRIVATE KEY-----\ngeheim\n');
    c.t.file('config/deploy/a.txt', 'one\n');
    mkdirSync(join(c.t.root, 'node_modules'));
  });
  afterEach(() => c.remove(), 60_000); // of very many folders

  test.each([
    'mv config node_modules/x', 'mv config/deploy node_modules/x', "mv config $'\\xff'", 'mv config other', 'mv config/deploy/server.pem x',
    'mkdir d && mv config/deploy d', 'mkdir x; EXCHANGE config/deploy x', 'mkdir x; EXCHANGE config x', 'ln -s /tmp l; EXCHANGE config l', 'rm -rf config',
    'mkdir tests && mv config tests/', 'mkdir tests && mv config/deploy tests/', 'ln config/deploy/server.pem x.txt', 'mkdir tests && cp -al config tests/c',
  ])('%s', async (line) => {
    await c.output(line.replace('EXCHANGE', EXCHANGE));
    expect(await c.output('grep -rs . .')).not.toContain('geheim');
    expect(readFileSync(join(c.t.root, 'config/deploy/server.pem'), 'utf8')).toContain('geheim');
  }); // prettier-ignore

  test('files beside it can be made, changed, moved and removed', async () => {
    const lines = 'cd config/deploy && mv a.txt b.txt && echo two >>b.txt && mv b.txt ../../c.txt && mkdir n && mv n ../n && rmdir ../n && cat ../../c.txt';
    expect(await c.output(lines)).toContain('one\ntwo\n[exit code 0]');
  }); // prettier-ignore

  test('a command can’t make so many folders that it isn’t found any more', async () => {
    await c.output('for i in $(seq 2100); do echo .0/$i 0$i; done | xargs mkdir -p');
    expect(await c.output('cat config/deploy/server.pem')).toBe('[exit code 0]');
    await c.output('seq -f 0/%.0f 20000 | xargs mkdir -p');
    expect(await c.sandboxes.find(c.t.root)).toMatchObject({
      none: expect.stringContaining('more than 20000 folders'),
    });
  });

  test('in a folder of a repository its other secrets are hidden as well', async () => {
    c.t.file('.env', 'KEY=geheim\n');
    mkdirSync(join(c.t.root, 'src'));
    const sandbox = await c.sandboxes.find(join(c.t.root, 'src'));
    if ('none' in sandbox) throw new Error(sandbox.none);
    const line = `cd ${c.t.root} && ! grep -rs geheim . && cat config/deploy/a.txt && exit 42`;
    expect(await tryOut(sandbox, '/', { PATH }, ['-c', line])).toBeUndefined();
    mkdirSync(join(c.t.root, 'src/.git')); // as a command may
    const next = await c.sandboxes.find(join(c.t.root, 'src'));
    if ('none' in next) throw new Error(next.none);
    expect(await tryOut(next, '/', { PATH }, ['-c', line])).toBeUndefined();
  });

  describe('nor are they seen from such a folder, whatever a command made', () => {
    const seenFrom = async (folder: string): Promise<string | undefined> => {
      const sandbox = await c.sandboxes.find(join(c.t.root, folder));
      if ('none' in sandbox) return sandbox.none;
      const line = `cd ${c.t.root} && ! cat .env config/deploy/server.pem | grep geheim && exit 42`;
      return tryOut(sandbox, '/', { PATH }, ['-c', line]);
    };
    beforeEach(() => {
      c.t.file('.env', 'KEY=geheim\n');
      c.t.file('src/a.txt', 'one\n');
      execFileSync('git', ['init', '-q'], { cwd: c.t.root });
    });

    test.each([
      'git init -q', 'echo gitdir: /nonexistent >.git', 'echo gitdir: ../.git >.git', ': >.git', 'mkdir .git; chmod 0 .git',
    ])('of the folder: %s', async (line) => {
      await c.output(`cd src && { ${line}; }`);
      expect(readdirSync(join(c.t.root, 'src'))).toContain('.git');
      expect(await seenFrom('src')).toBeUndefined();
    }); // prettier-ignore

    test('a link to the repository leaves the folder no sandbox', async () => {
      await c.output('ln -s ../.git src/.git');
      expect(await seenFrom('src')).toMatch(/^git, a shell or a session runs, or goes by, what \S+ leads to/);
    });

    test.each(['rm .git/HEAD', 'rm -rf .git/objects', 'rm .git/HEAD; mkdir .git/HEAD', 'chmod 0 .git'])(
      'of the repository around it: %s',
      async (line) => {
        await c.output(line);
        expect(await seenFrom('src')).toBeUndefined();
      },
    );
  });

  test.each([
    'echo "gitdir: ../other/.git" >.git', 'ln -s ../other/.git .git', 'ln -s ../other/.git g; echo "gitdir: g" >.git', 'git init -q .; echo ../../other/.git >.git/commondir',
    'mkdir .git; for one in HEAD objects refs logs info; do ln -s ../../other/.git/$one .git/; done; ln -s ../../notes .git/hooks; ln -s ../../notes/new .git/config',
    'git init -q .; rm -rf .git/hooks .git/info .git/config; ln -s ../../notes .git/hooks; ln -s ../../notes .git/info; ln -s ../../notes/new .git/config',
    'git init -q .; git config core.hooksPath ../other/h; git config core.worktree ../other; git config filter.x.clean ../other/f',
  ])('where a command has .git lead to another repository, nothing is made or set aside there: %s', async (line) => {
    const other = join(c.home, 'other');
    execFileSync('git', ['init', '-q', other]);
    execFileSync('/bin/sh', ['-c', 'cd "$1" && rm -rf .git/hooks .git/branches && ln -s x .git/COMMIT_EDITMSG', 'sh', other]);
    const snap = (): string => execFileSync('/bin/sh', ['-c', 'cd "$1" && ls -lAR --time-style=full-iso other notes', 'sh', c.home], { encoding: 'utf8' });
    const before = snap();
    await c.output(`rm -rf .git; ${line}`);
    const next = await c.sandboxes.find(c.t.root);
    if (!('none' in next)) await c.output('ls -la .git/; touch .git/hooks/x .git/config; true');
    expect(snap()).toBe(before);
  }); // prettier-ignore

  test('nothing begins in a folder of a project while a command runs in that', async () => {
    mkdirSync(join(c.t.root, 'sub'));
    const inner = await c.sandboxes.find(join(c.t.root, 'sub'));
    const outer = await c.sandboxes.find(c.t.root);
    if ('none' in inner || 'none' in outer) throw new Error('there is no sandbox');
    const command = { program: '/bin/true', args: [], folder: '/' };
    const running = outer.confine(command);
    expect(() => inner.confine(command)).toThrow(`a command in ${c.t.root} runs`);
    running.remove();
    inner.confine(command).remove();
  });
});
