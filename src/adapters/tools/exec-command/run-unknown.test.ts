/** Programs of which nobody here knows what they go by: without a sandbox the line goes by whatever that is by then. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestHost, testHost } from '../test-host.ts';
import { goesBy, namedBy } from './testing/goes-by.ts';

let t: TestHost;
beforeEach(() => {
  t = testHost();
  for (const name of ['A.java', 'x.patch', 'build.sh', 'list', 'sub/b.txt']) t.file(name, '');
});
afterEach(() => t.remove());

const told = (name: string): string => `whatever ${name} goes by in its folder is by then`;

describe('of a program that nobody here knows', () => {
  test.each([
    'ctags -R', 'prove', 'dpkg-buildpackage -us -uc -b', 'debuild', 'valgrind ls', 'cscope -b', 'autoreconf -i', 'cpan .', 'latexmk', 'sphinx-build docs out',
    'hg status', 'dune build', 'behave', 'jekyll build', 'gtags', 'indent x', 'ack x', 'gem install x', 'crontab -l', 'strace ls', 'gcc --version', 'whatever',
  ])('%s', async (cmd) => {
    expect(await namedBy(t, cmd)).toEqual([told(cmd.split(' ')[0]!)]);
  }); // prettier-ignore

  test.each([
    ['ls && prove | tee x', 'prove', ''],
    ['sudo -n ctags -R', 'ctags', ''],
    ['A=1 sh -c "ctags -R"', 'ctags', ''],
    ['find sub -name x -exec ctags -R \\;', 'ctags', ''],
    ['npx whatever', 'whatever', ''],
    ['/usr/bin/ctags -R', 'ctags', ''],
    ['"$HOME"/bin/whatever', 'whatever', ''],
    ['~/bin/whatever', 'whatever', ''],
    ['javac A.java', 'javac', 'A.java'],
    ['gcc --version && ./build.sh', 'gcc', 'build.sh'],
    ['chroot . ls', 'chroot', ''],
    ['apt source x && ls', 'apt', ''],
    ['apt-get -y build-dep .', 'apt-get', ''],
    ['dpkg -iR sub', 'dpkg', ''],
    ['openssl ca -in list', 'openssl', 'list'],
    ['brew bundle', 'brew', ''],
    ['apt install -o Dir=sub x', 'apt', ''],
    ['pacman -S --hookdir sub x', 'pacman', ''],
    ['xz --files=list', 'xz', 'list'],
    ['tar cfT x.tar list', 'tar', 'list'],
    ['ls | tar -cf x.tar --files-from=-', 'tar', ''],
    ['ls | zip x.zip -@', 'zip', ''],
    ['jq -L . \'import "m" as m; .\'', 'jq', ''],
    ['tar -I ctags -cf x.tar sub', 'tar', ''],
    ['split --filter=ctags list', 'split', 'list'],
  ])('%s', async (cmd, name, files) => {
    const runs = (await namedBy(t, cmd))?.filter((one) => !one.startsWith('/'));
    expect(runs).toEqual([told(name), ...files.split(' ').filter(Boolean)]);
  });

  test('that a link of the project leads to, or a folder to which the line goes', async () => {
    const other = testHost();
    other.file('prove', '');
    symlinkSync(join(other.root, 'prove'), join(t.root, 'ls'));
    for (const cmd of ['./ls', `cd ${other.root} && ./prove`]) expect(await namedBy(t, cmd)).toContain(told('prove'));
    expect(await namedBy(t, `./build.sh ${other.root}`)).toEqual(['build.sh']);
    other.remove();
  });

  test('also without a shell', async () => {
    expect(await namedBy(t, { command: 'perldoc', args: ['-l', 'x'] })).toEqual([told('perldoc')]);
  });

  test.each(['c?ags -R', '{ctags,-R}', './b*.sh', '/usr/bin/ct*gs -R'])('whose name only the shell will know: %s', async (cmd) => {
    expect(await namedBy(t, cmd)).toContain(`whatever ${cmd.split(' ')[0]!} is by then`);
  }); // prettier-ignore

  test.each(['timeout --whatever 9 ctags', 'env -Sctags', 'npx --whatever -- prove'])('that nobody can tell: %s', async (cmd) => {
    expect(await namedBy(t, cmd)).toContain('whatever else it is given is by then');
  }); // prettier-ignore
});

describe('of git, where files of the project say what it does or where it connects', () => {
  test.each([
    ['git submodule update --init', 'submodule'],
    ['git submodule sync', 'submodule'],
    ['git -c color.ui=never submodule update', 'submodule'],
    ['git am --continue', 'am'],
    ['git am < x.patch', 'am', 'x.patch'],
    ['git apply x.patch', 'apply', 'x.patch'],
    ['git lfs pull', 'lfs'],
    ['git clone --recurse-submodules https://x.example/y sub/y', 'clone'],
    ['git clone --recursive . sub/y', 'clone'],
    ['git pull --recurse-submodules', 'pull'],
    ['git -c submodule.recurse=true pull', 'pull'],
    ['git quiltimport', 'quiltimport'],
    ['git send-email x.patch', 'send-email', 'x.patch'],
    ['git review', 'review'],
  ])('%s', async (cmd, name, files = '') => {
    expect(await namedBy(t, cmd)).toEqual([told(`git ${name}`), ...files.split(' ').filter(Boolean)]);
  });

  test.each([
    'git status', 'git fetch', 'git pull --rebase', 'git push', 'git clone https://x.example/y sub/y', 'git submodule', 'git submodule status', 'git commit -m submodule',
    'git push --recurse-submodules=check', 'git --version', 'git config user.name x', 'git bundle create x HEAD', 'git rebase main', 'git checkout main',
  ])('not of what its words say: %s', async (cmd) => {
    expect(await namedBy(t, cmd)).toBeUndefined();
  }); // prettier-ignore
});

describe('nothing is told of', () => {
  test.each([
    'tar czf x.tgz sub', 'tar xf x.tgz', 'gzip x', 'unzip x.zip', 'zip -r x.zip sub', 'xz -d x.xz', 'zstd x', 'dnf install -y x', 'pacman -Syu', 'jq .a x.json', 'dd if=x of=y', 'install -m 755 x y',
    'systemctl status x', 'journalctl -u x', 'dmesg', 'ip a', 'ss -tlnp', 'ping -c1 x.example', 'dig x.example', 'host x.example', 'lsblk', 'mount', 'apt install -y x', 'apt-get update',
    'dpkg -l', 'brew install x', 'openssl s_client -connect x.example:443', 'gpg --verify x.sig', 'tput cols', 'clear', 'killall x', 'fd x', 'man ls', 'redis-cli ping', 'shopt -s nullglob',
    'mapfile -t a < none', 'readarray a', 'curl https://x.example', 'ssh x.example', 'gh pr view', 'kubectl get pods', 'nice -n 5 ls', 'command -v ctags', 'type ctags', 'echo ctags',
  ])('programs of every day: %s', async (cmd) => {
    expect((await goesBy(t, cmd) ?? []).filter((one) => one.startsWith('whatever'))).toEqual([]);
  }); // prettier-ignore

  test.each([
    ['make', []],
    ['./build.sh', ['build.sh']],
    ['"$PWD"/build.sh', ['build.sh']],
    ['/usr/bin/make', []],
    ['black .', ['pyproject.toml', 'ruff.toml']],
    ['ruff check', ['pyproject.toml', 'ruff.toml']],
    ['stack build', ['cabal.project', 'stack.yaml', 'x.cabal']],
    ['cabal build', ['cabal.project', 'stack.yaml', 'x.cabal']],
    ['biome check', ['biome.json']],
  ])('what is bound to files that are known: %s', async (cmd, files) => {
    const names = ['pyproject.toml', 'ruff.toml', 'stack.yaml', 'x.cabal', 'cabal.project', 'biome.json'];
    for (const name of names) t.file(name, '');
    expect((await namedBy(t, cmd))?.filter((one) => !one.startsWith('/'))).toEqual(files);
  });

  test('what a sandbox confines', async () => {
    const confine = (): never => {
      throw new Error('not run');
    };
    const found = { level: 'bubblewrap', leaves: [], confine } as const;
    const confined = testHost({ sandboxes: { find: () => Promise.resolve(found), namesFile: () => false } }, t.root);
    for (const cmd of ['ctags -R', 'git submodule update --init']) {
      const { facts } = await confined.host.inspect({ ...confined.request('exec_command', { cmd }), sandbox: 'best' });
      expect(facts).toMatchObject({ sandbox: 'bubblewrap' });
      expect(facts.runs).toBeUndefined();
    }
  });
});

describe('what sends a folder', () => {
  test.each([
    'kubectl apply -k .', 'kubectl apply -f sub', 'kubectl kustomize .', 'helm upgrade x .', 'gcloud app deploy', 'aws s3 sync . s3://x', 'scp -r . x:', 'rsync -a . x:',
  ])('%s', async (cmd) => {
    expect(await goesBy(t, cmd)).toContain(`whatever ${cmd.split(' ')[0]} finds in its folders is by then`);
  }); // prettier-ignore

  test.each(['kubectl get pods', 'helm history', 'aws s3 ls'])('else not: %s', async (cmd) => {
    expect((await goesBy(t, cmd))?.filter((one) => one.startsWith('whatever')) ?? []).toEqual([]);
  });
});

describe('what nobody understands may load any file, also one that is not there yet', () => {
  test.each(['cat list # \x1b', 'ls "${x:-$\'$(id)\'}"', 'f() { id; }; f; ls'])('also where it is the line: %s', async (cmd) => {
    expect(await goesBy(t, cmd)).toContain('whatever else the line hides is by then');
  }); // prettier-ignore

  test.each([
    ['sed -f none.sed list', 'sed'], ['awk -f none.awk list', 'awk'], ['git --exec-path=none gc', 'git'], ['git clone -q --template=none . y', 'git'],
    ['ssh -o ProxyCommand=./none h true', 'ssh'], ['ssh -F none h true', 'ssh'], ['git -c core.pager=./none log', 'git'], ['sort --compress-program=./none list', 'sort'],
  ])('%s', async (cmd, name) => {
    expect(await goesBy(t, cmd)).toContain(`whatever ${name} loads in its turn is by then`);
  }); // prettier-ignore

  test.each([
    ['ssh -F list h true', 'ssh'], ['curl -K list', 'curl'], ['curl -T list https://x.example', 'curl'], ['scp list x:', 'scp'], ['kubectl get pods --kubeconfig list', 'kubectl'], ['gh gist create list', 'gh'],
  ])('what sends goes by more than the files that are named: %s', async (cmd, name) => {
    expect(await goesBy(t, cmd)).toContain(`whatever ${name} finds in its files is by then`);
  }); // prettier-ignore

  test.each(['install -s --strip-program=./none list y', 'dpkg --admindir=sub --configure -a', 'dpkg -i x.deb', 'apt install ./x.deb', 'brew install ./x.rb', 'jq -f list x', 'apk add --repositories-file=x y', 'dpkg-query --admindir sub -l'])('%s', async (cmd) => {
    expect(await goesBy(t, cmd)).toContain(told(cmd.split(' ')[0]!));
  }); // prettier-ignore
});

describe('what runs code of files, of which nobody here knows what that loads', () => {
  test.each([
    ['npm test', 'npm'], ['make', 'make'], ['./build.sh', 'build.sh'], ['sh build.sh', 'sh'], ['cargo build', 'cargo'], ['./none.sh', 'none.sh'],
    ['ls && pytest', 'pytest'], ['docker build .', 'docker'], ['terraform apply', 'terraform'], ['npm pack', 'npm'], ['bazel build x', 'bazel'], ['pm2 start', 'pm2'],
  ])('%s', async (cmd, name) => {
    expect(await goesBy(t, cmd)).toContain(`whatever ${name} loads in its turn is by then`);
  }); // prettier-ignore

  test.each(['sh -c "git status"', 'bash -lc ls', 'ssh x.example uptime', 'ssh -tt x.example', 'sed -n 1p list'])(
    'not %s',
    async (cmd) => {
      expect((await goesBy(t, cmd))?.filter((one) => one.startsWith('whatever')) ?? []).toEqual([]);
    },
  );
});
