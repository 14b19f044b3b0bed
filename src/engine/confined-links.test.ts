/** Links of a project that say what is hidden from commands, or what something runs later: no command may lead them elsewhere. */
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Confined, confined, LEVELS, levelsUnmet } from './testing/confined.ts';

const why = await levelsUnmet();

for (const level of LEVELS) {
  const unmet = why.get(level.name) ?? '';
  describe.skipIf(unmet !== '')(`${level.name}${unmet}`, () => {
    let c: Confined;
    const inHome = (path: string): string => join(c.home, path);
    const link = (path: string, target: string): void => symlinkSync(target, join(c.t.root, path));
    const found = async (): Promise<object> => c.sandboxes.find(c.t.root);
    beforeEach(() => {
      c = confined(level);
      for (const file of ['v1/netrc', 'v1/rc', 'v1/tool', 'v1/hooks/pre-commit', 'v1/inc'])
        c.t.file(file, '#!/bin/sh\n');
      link('current', 'v1');
    });
    afterEach(() => c.remove());

    test('by itself a link in a project does no harm', async () => {
      expect(await found()).toMatchObject({ level: level.name });
    });

    describe('on the way to what is hidden', () => {
      test('of the home', async () => {
        rmSync(inHome('.netrc'));
        symlinkSync('project/current/netrc', inHome('.netrc'));
        expect(await found()).toEqual({ none: `${inHome('.netrc')} is hidden, and commands could lead ${join(c.t.root, 'current')} elsewhere, which is on the way to it` }); // prettier-ignore
      });

      test.each(['~/project/current/netrc', 'current/netrc', 'l'])('of settings: %s', async (path) => {
        link('l', 'v1/netrc');
        const again = c.again({ places: { hide: [path] } });
        expect(await again.sandboxes.find(c.t.root)).toEqual({ none: expect.stringContaining('is hidden, and commands could lead') }); // prettier-ignore
      });

      test.runIf(level.name === 'bubblewrap')('but not where no command can change the link', async () => {
        rmSync(inHome('.netrc'));
        symlinkSync('project/v1/netrc', inHome('.netrc'));
        expect(await found()).toMatchObject({ level: level.name });
        writeFileSync(join(c.t.root, 'v1/netrc'), 'geheim\n');
        expect(await c.output('cat v1/netrc; echo fine')).not.toContain('geheim');
      });
    });

    describe('on the way from a link of the home to what settings give', () => {
      beforeEach(() => {
        c.t.file('dot/a', '');
        symlinkSync(join(c.t.root, 'dot/tool'), inHome('tool'));
      });

      test('nothing is read that is hidden', async () => {
        symlinkSync(inHome('.netrc'), join(c.t.root, 'dot/tool'));
        const given = c.again({ places: { read: ['~/tool'] } });
        expect(await given.output(`cat ${inHome('tool')} ${inHome('.netrc')}; echo fine`)).not.toContain('geheim');
      });

      test('nothing is written outside', async () => {
        symlinkSync(inHome('notes'), join(c.t.root, 'dot/tool'));
        const given = c.again({ places: { write: ['~/tool'] } });
        await given.output(`echo x >${inHome('tool/new')}; echo x >${inHome('notes/new')}; true`);
        expect(readdirSync(inHome('notes'))).toEqual(['a']);
      });
    });

    describe('named like a secret', () => {
      test.each(['conf/settings', '../notes/a'])('that leads to what isn’t: %s', async (target) => {
        c.t.file('conf/settings', 'geheim\n');
        link('.env', target);
        expect(await found()).toEqual({ none: expect.stringMatching(/\.env is named like a secret, and commands could take it away from .*, which isn't: name that in sandbox\.hide/) }); // prettier-ignore
        if (level.name !== 'bubblewrap') return; // others can't hide what lies in a project
        const hidden = c.again({ places: { hide: [target] } });
        expect(await hidden.output(`cat .env; rm .env; cat ${target}; echo fine`)).toMatch(/^fine\n/);
      });

      test('of which the person says that it is none', async () => {
        c.t.file('conf/settings', 'plain\n');
        link('.env', 'conf/settings');
        expect(await c.again({ places: { read: ['conf/settings'] } }).output('cat .env')).toContain('plain');
      });

      const others = level.name === 'bubblewrap' ? ['.env.local'] : [];
      test.each(['../.netrc', ...others])('that leads to what is one anyway: %s', async (target) => {
        c.t.file('.env.local', 'geheim\n');
        link('.env', target);
        expect(await c.output(`cat .env; rm .env; cat ${target}; echo fine`)).not.toContain('geheim');
      });
    });

    describe('in what is hidden', () => {
      const moved = (folder: string): void => {
        mkdirSync(join(folder, 'keys'), { recursive: true });
        renameSync(inHome('.config/gh/hosts.yml'), join(folder, 'gh'));
        symlinkSync(join(folder, 'gh'), inHome('.config/gh/hosts.yml'));
        renameSync(inHome('.ssh/id_ed25519'), join(folder, 'keys/one'));
        symlinkSync(join(folder, 'keys'), inHome('.ssh/keys.d'));
        mkdirSync(inHome('.aws/deep'), { recursive: true });
        writeFileSync(join(folder, 'aws'), 'geheim\n');
        symlinkSync(join(folder, 'aws'), inHome('.aws/deep/main'));
      };

      test('what they lead to in the home isn’t seen either', async () => {
        moved(inHome('dotfiles'));
        writeFileSync(inHome('dotfiles/other'), 'plain\n');
        const said = await c.output('cat ~/dotfiles/gh ~/dotfiles/aws ~/dotfiles/keys/one ~/dotfiles/other');
        expect(said).not.toContain('geheim');
        expect(said).toContain('plain');
      });

      test('what they lead to in the project isn’t, and is no file like others for tools', async () => {
        moved(join(c.t.root, 'dots'));
        if (level.name === 'bubblewrap')
          expect(await c.output('cat dots/gh dots/aws dots/keys/one; echo fine')).not.toContain('geheim'); // prettier-ignore
        else expect(await found()).toEqual({ none: expect.stringMatching(/^landlock: it can't hide/) });
        for (const path of ['dots/gh', 'dots/aws', 'dots/keys/one']) {
          const { facts } = await c.t.host.inspect(c.t.request('read_file', { path }));
          expect(facts.paths).toEqual([expect.objectContaining({ path, secret_shaped: true })]);
        }
      });

      test('by a link that could be changed', async () => {
        c.t.file('v1/hosts', 'geheim\n');
        symlinkSync('../../project/current/hosts', inHome('.config/gh/other.yml'));
        expect(await found()).toEqual({ none: expect.stringContaining('is hidden, and commands could lead') });
      });
    });

    test('what the runtime keeps elsewhere, and its home leads to, is closed', async () => {
      mkdirSync(inHome('big/ws/default'), { recursive: true });
      writeFileSync(inHome('big/ws/default/audit.jsonl'), 'geheim\n');
      symlinkSync('../big/ws', inHome('.runtime/workspaces'));
      const again = c.again({ ownFiles: [inHome('.runtime/workspaces')] });
      expect(await again.output('cat ~/big/ws/default/audit.jsonl; echo fine')).not.toContain('geheim');
      const inspection = await again.t.host.inspect(again.t.request('read_file', { path: inHome('big/ws/default/audit.jsonl') })); // prettier-ignore
      expect(inspection.facts.paths).toEqual([expect.objectContaining({ closed: true })]);
      expect(await again.sandboxes.find(inHome('big/ws/default'))).toEqual({
        none: 'the project lies in RUNTIME_HOME',
      });
      if (level.name === 'bubblewrap') {
        const beside = await again.sandboxes.find(inHome('big'));
        expect(beside).toMatchObject({ level: level.name });
      }
    });

    describe('hard links to what is hidden', () => {
      const files = (): [path: string, other: string][] => [
        [inHome('.netrc'), 'n'],
        [inHome('.ssh/id_ed25519'), 'a/b/k'],
        [inHome('.runtime/config.yaml'), 'a/c'],
        [join(c.t.root, '.env'), 'a/e'],
      ];

      test('aren’t seen either', async () => {
        mkdirSync(join(c.t.root, 'a/b'), { recursive: true });
        c.t.file('.env', 'geheim\n');
        c.t.file('a/plain', 'fine\n');
        linkSync(join(c.t.root, 'a/plain'), join(c.t.root, 'a/f'));
        for (const [path, other] of files()) linkSync(path, join(c.t.root, other));
        if (level.name === 'bubblewrap') {
          expect(await c.output('grep -r geheim . ; mv a b; cat a/f')).toMatch(/cannot move[^]*\nfine\n/);
          expect(await c.output('grep -r geheim .')).not.toContain('geheim');
        } else {
          expect(await found()).toEqual({ none: expect.stringMatching(/^landlock: it can't hide/) });
        }
      });

      test('of the project are as good as what they are another name of', async () => {
        c.t.file('.env', 'geheim\n');
        linkSync(join(c.t.root, '.env'), join(c.t.root, 'e'));
        const seen = level.name === 'bubblewrap' ? '' : 'geheim\n';
        expect(await c.output('cat e')).toBe(`${seen}[exit code 0]`);
      });
    });

    if (level.name === 'bubblewrap') {
      describe('on the way to what something runs later', () => {
        const RUNS = expect.objectContaining({ none: expect.stringMatching(/^git, a shell or a session runs, or goes by, what \S+ leads to, and commands could/) }); // prettier-ignore

        test.each<[what: string, make: () => void]>([
          ['a start-up file', () => symlinkSync('project/current/rc', inHome('.bash_login'))],
          ['a program of the home', () => (mkdirSync(inHome('bin')), symlinkSync('../project/current/tool', inHome('bin/tool')))], // prettier-ignore
          ['a folder of settings of the home', () => symlinkSync('../project/current', inHome('.config/fish'))],
          ['what lies deep in a folder of the home', () => (mkdirSync(inHome('.config/systemd/user'), { recursive: true }), symlinkSync('../../../project/current/rc', inHome('.config/systemd/user/a.service')))], // prettier-ignore
          ['what lies deep in such a folder', () => (c.t.file('fish/functions/own.fish', ''), link('fish/functions/more.fish', '../../current/rc'), symlinkSync('../project/fish', inHome('.config/fish')))], // prettier-ignore
          ['hooks', () => c.t.file('.git/config', '[core]\n\thooksPath = current/hooks\n')],
          ['hooks of every repository', () => writeFileSync(inHome('.gitconfig'), '[core]\n\thooksPath = ~/project/current/hooks\n')], // prettier-ignore
          ['hooks behind a link of the home', () => (symlinkSync('project/current/hooks', inHome('hooks')), writeFileSync(inHome('.gitconfig'), '[core]\n\thooksPath = ~/hooks\n'))], // prettier-ignore
          ['settings', () => c.t.file('.git/config', '[include]\n\tpath = ../current/inc\n')],
          ['settings that settings name', () => (c.t.file('inc', '[include]\n\tpath = current/inc\n'), c.t.file('.git/config', '[include]\n\tpath = ../inc\n'))], // prettier-ignore
          ['settings behind a link', () => (link('li', 'v1/inc'), c.t.file('.git/config', '[include]\n\tpath = ../li\n'))], // prettier-ignore
          ['a program', () => c.t.file('.git/config', '[core]\n\tfsmonitor = ./current/tool\n')],
          ['a program of an alias', () => c.t.file('.git/config', '[alias]\n\tst = !sh current/tool\n')],
          ['one hook', () => link('.git/hooks/pre-commit', '../../current/hooks/pre-commit')],
          ['the folder of hooks', () => (rmSync(join(c.t.root, '.git/hooks'), { recursive: true }), link('.git/hooks', '../current/hooks'))], // prettier-ignore
          ['the repository', () => (renameSync(join(c.t.root, '.git'), join(c.t.root, 'v1/repo')), c.t.file('.git', 'gitdir: current/repo\n'))], // prettier-ignore
        ])('%s', async (_, make) => {
          make();
          expect(await found()).toEqual(RUNS);
        });

        test('but not where the link is kept itself', async () => {
          link('.git/hooks/pre-commit', '../../v1/hooks/pre-commit');
          mkdirSync(inHome('bin'));
          symlinkSync('../project/v1/tool', inHome('bin/tool'));
          await c.output('echo evil >v1/hooks/pre-commit; echo evil >v1/tool; mv v1 v2; ln -sfn v2 current');
          for (const file of ['v1/hooks/pre-commit', 'v1/tool']) expect(readFileSync(join(c.t.root, file), 'utf8')).toBe('#!/bin/sh\n'); // prettier-ignore
        });
      });
    }
  });
}
