/** Projects that lie in a home, or to which it leads: what starts with the next shell stays, and what is hidden stays so. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testHost } from '../adapters/tools/test-host.ts';
import { type Confined, confined, LEVELS, levelsUnmet } from './testing/confined.ts';

const why = await levelsUnmet();

for (const level of LEVELS) {
  const unmet = why.get(level.name) ?? '';
  describe.skipIf(unmet !== '')(`${level.name}${unmet}`, () => {
    let c: Confined;
    beforeEach(() => void (c = confined(level)));
    afterEach(() => c.remove());
    const inHome = (path: string): string => join(c.home, path);

    test('a project that lies in what is hidden has no sandbox', async () => {
      mkdirSync(inHome('.ssh/keys'));
      for (const path of ['.ssh', '.ssh/keys', '.config/gh']) {
        expect(await c.sandboxes.find(inHome(path))).toEqual({ none: expect.stringMatching(/^the project lies in .*, which is hidden/) }); // prettier-ignore
      }
    });

    test('a project that is only called like one has', async () => {
      mkdirSync(inHome('design-tokens'));
      expect(await c.sandboxes.find(inHome('design-tokens'))).toMatchObject({ level: level.name });
    });

    if (level.name === 'bubblewrap') {
      test('what settings of git name is not seen again where it is hidden', async () => {
        c.t.file('.aws/credentials', 'geheim\n');
        c.t.file('.git/config', '[include]\n\tpath = ../.aws/credentials\n');
        expect(await c.output('cat .aws/credentials; echo fine')).not.toContain('geheim');
      });

      test('start-up files that links lead to, and those of a project in the home, stay; what comes is set aside', async () => {
        c.t.file('rc/bash', 'ours\n');
        c.t.file('git/config', 'ours\n');
        writeFileSync(inHome('.profile'), '');
        symlinkSync('project/rc/bash', inHome('.bash_aliases'));
        symlinkSync('../project/git', inHome('.config/git'));
        symlinkSync('project/rc/zsh', inHome('.zshrc'));
        c.t.file('rc/tool', 'ours\n');
        mkdirSync(inHome('bin'));
        symlinkSync('../project/rc/tool', inHome('bin/tool'));
        const said = await c.output('for f in rc/bash rc/tool git/config git/hooks rc/zsh rc/other; do echo evil >$f; done; mv rc git away; :'); // prettier-ignore
        expect(['rc/bash', 'rc/tool', 'git/config', 'rc/other'].map(c.t.text)).toEqual([
          'ours\n',
          'ours\n',
          'ours\n',
          'evil\n',
        ]);
        expect(existsSync(join(c.t.root, 'git/hooks'))).toBe(false);
        expect(said).toContain('[set aside: rc/zsh]');
      });

      /** Runs it in a project that is the home's folder of settings. */
      const inConfig = async (cmd: string): Promise<{ config: string; output: string }> => {
        renameSync(c.t.root, inHome('was'));
        const config = inHome('.config');
        const found = await c.sandboxes.find(config);
        if ('none' in found) throw new Error(found.none);
        const project = testHost({ home: inHome('.runtime'), sandboxes: c.sandboxes }, config);
        const request = { ...project.request('exec_command', { cmd }), sandbox: level.name };
        const { output } = await project.run(request, await project.host.inspect(request));
        renameSync(inHome('was'), c.t.root);
        return { config, output };
      };

      test('of a project that is a folder of settings, those which are run stay', async () => {
        mkdirSync(inHome('.config/fish'));
        writeFileSync(inHome('.config/fish/config.fish'), 'ours\n');
        const cmd =
          'cat gh/hosts.yml; for f in fish/config.fish autostart/x other/y; do mkdir -p ${f%/*}; echo evil >$f; done';
        const { config, output } = await inConfig(cmd);
        expect(output).not.toContain('geheim');
        expect(output).toContain('[set aside: autostart]');
        expect(['fish/config.fish', 'other/y'].map((path) => readFileSync(join(config, path), 'utf8'))).toEqual(['ours\n', 'evil\n']); // prettier-ignore
      });

      test('it is set aside under another name where that is taken, and where its folder is locked', async () => {
        const cmd =
          'mkdir fish.set-aside; ln -s x environment.d.set-aside; mkdir fish environment.d autostart; for f in fish/config.fish environment.d/a.conf autostart/a.desktop; do echo evil >$f; done; chmod 555 autostart .';
        const { config } = await inConfig(cmd);
        const here = readdirSync(config);
        for (const name of ['fish', 'environment.d', 'autostart']) expect(here).not.toContain(name);
        expect(here).toEqual(expect.arrayContaining(['autostart.set-aside', 'environment.d.set-aside-2', 'fish.set-aside-2']));
        expect(readdirSync(join(config, 'fish.set-aside'))).toEqual([]);
      }); // prettier-ignore

      test('of two kept folders one may lie in the other', async () => {
        c.t.file('.git/config', '[core]\n\thooksPath = .husky/_\n');
        c.t.file('.husky/_/pre-commit', 'ours\n');
        expect(await c.output('echo fine; echo evil >.husky/_/pre-commit; echo evil >.husky/pre-commit')).toContain('fine\n'); // prettier-ignore
        expect(c.t.text('.husky/_/pre-commit')).toBe('ours\n');
      });
    }
  });
}
