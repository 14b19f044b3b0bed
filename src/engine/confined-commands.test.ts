/** Commands in each sandbox that works here: what they can do, and what they can't however they try. */
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSandboxes } from '../adapters/sandbox/sandboxes.ts';
import { type TestHost, testHost } from '../adapters/tools/test-host.ts';
import { processEnvironment } from '../base/environment.ts';
import type { ToolResult } from '../contract/ports.ts';
import { type Confined, confined, LEVELS, levelsUnmet, NO_PLACES, PATH } from './testing/confined.ts';

const why = await levelsUnmet();

test.each(LEVELS)('$name works on Linux with what CI installs', ({ name }) => {
  if (process.platform === 'linux' && processEnvironment()['CI']) expect([...why.keys()]).not.toEqual(['bubblewrap', 'landlock']); // prettier-ignore
  expect(['bubblewrap', 'landlock']).toContain(name);
});

for (const level of LEVELS) {
  const unmet = why.get(level.name) ?? '';
  describe.skipIf(unmet !== '')(`${level.name}${unmet}`, () => {
    let c: Confined;
    let t: TestHost;
    let around: string;
    let home: string;
    beforeEach(() => {
      c = confined(level);
      ({ t, around, home } = c);
    });
    afterEach(() => c.remove());
    const run = (cmd: string, more?: object): Promise<ToolResult> => c.run(cmd, more);
    const output = (cmd: string): Promise<string> => c.output(cmd);

    test('works in the project: reads, writes, makes, moves, links, runs', async () => {
      expect(await output('cat a.txt; echo two >>a.txt; mkdir d; mv a.txt d/b; ln -s d/b l; cat l; ln d/b h; cat h | wc -l')).toBe(
        'one\none\ntwo\n2\n[exit code 0]',
      ); // prettier-ignore
      expect(await output("printf '#!/bin/sh\\necho ran\\n' >x; chmod +x x; ./x; pwd; exit 3")).toBe(
        `ran\n${t.root}\n[exit code 3]`,
      );
      expect(t.text('d/b')).toBe('one\ntwo\n');
    });

    test('works where nothing of the runtime is there yet', async () => {
      expect(await c.again({ state: join(home, 'none/yet') }).output('cat a.txt')).toBe('one\n[exit code 0]');
    });

    test('neither reads nor changes what the runtime goes by, wherever that lies', async () => {
      const [inHome, inProject] = [join(home, 'runtime.yaml'), t.file('conf/runtime.yaml', 'geheim\n')];
      writeFileSync(inHome, 'geheim\n');
      symlinkSync(inHome, join(home, '.runtime/policy.yaml'));
      const try_ = `cat ../runtime.yaml conf/runtime.yaml; echo x >>../runtime.yaml; echo x >>conf/runtime.yaml; mv conf old; cat old/*`;
      const outside = c.again({ ownFiles: [join(home, '.runtime/policy.yaml')] });
      expect(await outside.output('cat ../runtime.yaml; echo x >>../runtime.yaml; true')).not.toContain('geheim');
      expect(readFileSync(inHome, 'utf8')).toBe('geheim\n');
      const inside = c.again({ ownFiles: [inProject] });
      if (level.name === 'landlock') {
        // It can't keep one file of what may be written from a command: then there is no such sandbox.
        expect(await inside.sandboxes.find(t.root)).toEqual({
          none: expect.stringContaining(`can't hide ${inProject}`),
        });
        return;
      }
      expect(await inside.output(try_)).toContain('mv: ');
      expect(readFileSync(inProject, 'utf8')).toBe('geheim\n');
      expect(await inside.output('cat conf/runtime.yaml')).not.toContain('geheim');
    });

    test("can't change the kernel's settings, not even as root", async () => {
      // Opened for writing, and nothing written: where that fails to fail, the machine stays as it is.
      const settings = '/proc/sys/kernel/core_pattern /proc/sys/vm/swappiness /proc/sysrq-trigger /proc/acpi/wakeup';
      const said = await output(`for f in ${settings} $(find /proc/sys /sys/module -type f | head -n 300); do ( : >>$f ) 2>/dev/null && echo "$f"; done; echo end`); // prettier-ignore
      expect(said).toBe('end\n[exit code 0]');
      expect(await output('cat /proc/sys/kernel/ostype /proc/self/comm; ps -o pid= | head -n 1 | tr -d " "')).toContain(
        'Linux\ncat\n',
      );
    });

    test('more secrets than can be hidden leave no sandbox, and no weaker one either', async () => {
      mkdirSync(join(t.root, 'keys'));
      for (let n = 0; n < 1100; n++) writeFileSync(join(t.root, 'keys', `${n}.pem`), '');
      expect(await c.sandboxes.find(t.root)).toEqual({
        none: expect.stringMatching(/^there is too much to hide: 11\d\d/),
      });
    });

    test('sees system and home, but what holds secrets', async () => {
      expect(await output('cat ../notes/a; ls /usr >/dev/null && echo usr')).toBe('note\nusr\n[exit code 0]');
      for (const path of ['.ssh/id_ed25519', '.netrc', '.config/gh/hosts.yml', '.runtime/config.yaml', 'diary']) {
        const said = await output(`cat ${join(home, path)}; cp ${join(home, path)} stolen; cat stolen`);
        expect([path, said]).toEqual([path, expect.not.stringContaining('geheim')]);
      }
    });

    test.each([
      ['over a link of the project', 'ln -s ../.ssh k; cat k/id_ed25519'],
      ['over a link in /tmp', 'ln -s $OUT/.ssh "$TMPDIR/k"; cat "$TMPDIR/k/id_ed25519"'],
      ['by a hard link', 'ln ../.ssh/id_ed25519 mine; cat mine'],
      ['over /proc/self/root', 'cat /proc/self/root$OUT/.ssh/id_ed25519'],
      ['over /proc/1/root', 'cat /proc/1/root$OUT/.ssh/id_ed25519'],
      ['over the parent', 'cat /proc/$PPID/root$OUT/.ssh/id_ed25519; cat /proc/$PPID/cwd/../.ssh/id_ed25519'],
      ['by all processes', 'for p in /proc/[0-9]*; do cat $p/root$OUT/.ssh/id_ed25519 $p/cwd/../.ssh/id_ed25519; done'],
      ['by moving what holds it', 'mv ../.ssh ./k; cat k/id_ed25519; mv .. ../../other'],
      ['in a namespace of its own', 'unshare -r -m sh -c "umount -l $OUT/.ssh; cat $OUT/.ssh/id_ed25519"'],
      ['by unmounting', 'umount -l $OUT/.ssh; umount $OUT/.ssh; cat $OUT/.ssh/id_ed25519'],
      ['by mounting the disk again', 'mkdir m; mount --bind / m; cat m$OUT/.ssh/id_ed25519'],
      [
        'through a device',
        'mknod d b 8 0; mknod e b 254 0; mknod c c 1 1; head -c 9 d; head -c 9 e; head -c 9 c; dmesg',
      ],
      ['by chroot', 'chroot / cat $OUT/.ssh/id_ed25519'],
      ['by a descriptor left open', 'for f in 3 4 5 6 7 8 9; do cat <&$f; ls /proc/self/fd/$f/; done'],
    ])('a secret is not read %s', async (_, cmd) => {
      expect(await output(cmd.replaceAll('$OUT', home))).not.toContain('geheim');
      expect(readFileSync(join(home, '.ssh/id_ed25519'), 'utf8')).toBe('geheim\n');
    });

    test.each([
      ['a file', 'echo x >$OUT/new'],
      ['in the system', 'echo x >/etc/new; touch /usr/new'],
      ['over a link', 'ln -s $OUT o; echo x >o/new'],
      ['over ..', 'echo x >../new; mkdir ../new'],
      ['start-up files', 'echo evil >>$OUT/.bashrc; rm $OUT/.bashrc; mv a.txt $OUT/.bashrc; ln -sf a.txt $OUT/.bashrc'],
      ['by truncating', ': >$OUT/.bashrc; truncate -s 0 $OUT/.bashrc'],
      [
        'the state',
        'echo evil >$OUT/.runtime/config.yaml; rm -r $OUT/.runtime; mkdir -p $OUT/.runtime; ls $OUT/.runtime',
      ],
      ['by moving', 'mv $OUT/notes .; mv ../project $OUT/elsewhere'],
      ['over /proc', 'P=/proc; for p in self 1 $PPID; do echo x >$P/$p/root$OUT/new; echo x >$P/$p/cwd/../new; done'],
      ['in a namespace', 'unshare -r sh -c "mount -o remount,rw /; echo x >$OUT/new"'],
    ])('nothing is written outside of the project: %s', async (_, cmd) => {
      await run(cmd.replaceAll('$OUT', home));
      for (const path of [join(home, 'new'), '/etc/new', '/usr/new', join(home, 'elsewhere')]) {
        expect([path, existsSync(path)]).toEqual([path, false]);
      }
      expect(readFileSync(join(home, '.bashrc'), 'utf8')).toBe('# mine\n');
      expect(readFileSync(join(home, '.runtime/config.yaml'), 'utf8')).toBe('geheim\n');
      expect(readFileSync(join(home, 'notes/a'), 'utf8')).toBe('note\n');
    });

    describe('sockets', () => {
      let servers: Server[];
      beforeEach(() => void (servers = []));
      afterEach(() => Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve)))));
      const heard = (listen: (server: Server) => void): Promise<() => boolean> =>
        new Promise((resolve) => {
          let reached = false;
          const server = createServer((socket) => {
            reached = true;
            socket.on('error', () => undefined).end('geheim\n');
          });
          servers.push(server);
          server.on('listening', () => resolve(() => reached));
          listen(server);
        });
      const PERL = `perl -MSocket -e '
        my ($family, $address) = $ARGV[0] =~ /^\\d+$/ ? (AF_INET, pack_sockaddr_in($ARGV[0], inet_aton("127.0.0.1")))
          : (AF_UNIX, pack_sockaddr_un($ARGV[0] =~ s/^@/\\0/r));
        socket(my $s, $family, SOCK_STREAM, 0) or die "socket: $!\\n";
        connect($s, $address) or die "connect: $!\\n"; print <$s>'`;

      test('no service of this machine is reached', async () => {
        const path = join(t.root, 'service.sock');
        const reached = [
          await heard((server) => server.listen(0, '127.0.0.1')),
          await heard((server) => server.listen(path)),
          await heard((server) => server.listen(`\0confined-${process.pid}`)),
        ];
        const { port } = servers[0]!.address() as { port: number };
        for (const address of [String(port), path, `@confined-${process.pid}`]) {
          const { output: said } = await run(`${PERL} '${address}'; echo end`);
          expect([address, said]).toEqual([address, expect.stringMatching(/^(socket|connect): .*\nend\n/)]);
        }
        const { output: said } = await run(
          `exec 9<>/dev/tcp/127.0.0.1/${port} && cat <&9; echo x >/dev/udp/127.0.0.1/${port}; echo end`,
        );
        expect(said).not.toContain('geheim');
        expect(reached.map((one) => one())).toEqual([false, false, false]);
      });

      test('no end of a pair reaches one either, of messages or of streams', async () => {
        const at = (name: string): string => join(t.root, name);
        const stream = await heard((server) => server.listen(at('stream.sock')));
        const bind = `perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0])) or die; $| = 1; print "bound"; recv($s, my $got, 9, 0); print $got'`;
        const messages = spawn('/bin/sh', ['-c', `exec ${bind} "$0"`, at('messages.sock')], { stdio: ['ignore', 'pipe', 'inherit'] });
        let got = '';
        await new Promise<void>((resolve) => messages.stdout.on('data', (bytes: Buffer) => ((got += bytes.toString()), resolve())));
        const perl = `perl -MSocket -e 'for my $kind (1, 2, 5) { for my $path (@ARGV) { for my $closed (0, 1) {
          socketpair(my $one, my $other, AF_UNIX, $kind, 0) or next;
          close $other if $closed;
          print "$kind $path\n" if connect($one, pack_sockaddr_un($path)) || defined send($one, "x", 0, pack_sockaddr_un($path)) && $kind == 2;
        } } } print "end\n"'`;
        try {
          expect(await output(`${perl} stream.sock messages.sock`)).toBe('end\n[exit code 0]');
          expect([stream(), got]).toEqual([false, 'bound']);
        } finally {
          messages.kill('SIGKILL');
        }
      }); // prettier-ignore

      test('other kinds of sockets, and rings that would open them, are refused', async () => {
        const kinds = [1, 3, 5, 9, 17, 21, 29, 30, 38, 40, 44].map(
          (family) => `socket(my $s${family}, ${family}, 1, 0) and print "family ${family}\\n";`,
        );
        const rings = 'my $p = "\\0" x 120; print "ring\\n" if syscall(425, 8, $p) >= 0;';
        expect(await output(`perl -e '${kinds.join('')}${rings} print "end\\n"'`)).toBe('end\n[exit code 0]');
      });
    });

    test('the environment of this program stays unseen', async () => {
      const child = spawn('/bin/sleep', ['60'], { env: { KEY: 'geheim' }, stdio: 'ignore' });
      try {
        const said = await output(
          `cat /proc/[0-9]*/environ /proc/${child.pid}/environ /proc/${child.pid}/mem | tr '\\0' '\\n'; env`,
        );
        expect(said).not.toContain('geheim');
      } finally {
        child.kill('SIGKILL');
      }
    });

    test('processes outside are neither ended nor traced', async () => {
      const child = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
      try {
        await run(
          `kill -9 ${child.pid}; kill -9 -1; perl -e 'syscall(101, 16, ${child.pid}, 0, 0) == 0 and print "traced\\n"'`,
        ).then(({ output: said }) => expect(said).not.toContain('traced'));
        expect(child.exitCode ?? child.signalCode).toBeNull();
      } finally {
        child.kill('SIGKILL');
      }
    });

    // It ends with the runtime and with the call. Whoever got hold of it could keep it from that.
    test('the first process is not to be taken hold of', async () => {
      const [ptrace, readv, writev] = process.arch === 'arm64' ? [117, 270, 271] : [101, 310, 311];
      const cmd = `perl -e '
        my @tells = ("seized", "attached");
        for (0x4206, 16) { my $how = shift @tells; print "$how\n" if syscall(${ptrace}, $_, 1, 0, 0) == 0 }
        for my $moved (${readv}, ${writev}) {
          my ($bytes, $none) = ("x" x 8, pack("QQ", 1, 8));
          syscall($moved, 1, pack("PQ", $bytes, 8), 1, $none, 1, 0);
          print "memory $moved\n" if $! + 0 == 14; # EFAULT: it got as far as that
        }
        for (qw(mem environ maps fd/0 root cwd task/1/mem)) { print "$_\n" if open(my $file, "<", "/proc/1/$_") || readlink "/proc/1/$_" }
        my $child = fork || exec "sleep 9";
        print "own\n" if syscall(${ptrace}, 0x4206, $child, 0, 0) == 0;
        kill 9, $child'`;
      expect(await output(cmd)).toBe('own\n[exit code 0]');
    });

    test(
      'nothing outlives it: forked twice, in a session of its own, with an empty environment',
      { timeout: 30_000 },
      async () => {
        const begun = Date.now();
        const cmd =
          `(env -i setsid sh -c 'exec >&- 2>&-; echo $$ >pid; sleep 5; echo late >late' & ) ; ` +
          `while [ ! -s pid ]; do sleep 0.01; done; echo done`;
        expect(await output(cmd)).toBe('done\n[exit code 0]');
        await new Promise((resolve) => setTimeout(resolve, 6000 - (Date.now() - begun)));
        expect(existsSync(join(t.root, 'late'))).toBe(false);
      },
    );

    test('nor when time runs out', { timeout: 30_000 }, async () => {
      const cmd = `(env -i setsid sh -c 'exec >&- 2>&-; trap "" TERM; echo $$ >pid; sleep 5; echo late >late' & ); echo before; sleep 99`;
      expect(await run(cmd, { timeout_ms: 2500 })).toMatchObject({ outcome: 'timeout', output: 'before\n' });
      expect(existsSync(join(t.root, 'pid'))).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 5500));
      expect(existsSync(join(t.root, 'late'))).toBe(false);
    });

    test('is told in time that it has to end', async () => {
      const cmd = `trap 'echo ending; exit 5' TERM; echo before; while :; do sleep 0.05; done`;
      expect(await run(cmd, { timeout_ms: 2500 })).toMatchObject({
        outcome: 'timeout',
        output: expect.stringMatching(/^before\n[^]*ending\n$/),
      });
    });

    test('output comes whole, in order, and with how it ended', async () => {
      expect(await output('echo one; echo two >&2; echo x >/dev/stderr; exit 7')).toBe('one\ntwo\nx\n[exit code 7]');
      expect(await output('kill -9 $$')).toMatch(/^\[(ended by SIGKILL|exit code 137)\]$/);
      const { output: many } = await run('seq 200000 | tail -c 500000');
      expect(many).toHaveLength(500_000 + '[exit code 0]'.length);
      expect(await output('no-such-program')).toMatch(/not found\n\[exit code 127\]$/);
    });

    test('what it puts into its own folder for that is gone with it', async () => {
      expect(await output('echo x >"$TMPDIR/x"; cat "$TMPDIR/x"; echo "$TMPDIR"')).toMatch(
        /^x\n\/.*\n\[exit code 0\]$/,
      );
      expect(await output('[ ! -e "$TMPDIR/x" ] && echo gone')).toBe('gone\n[exit code 0]');
    });

    test('a project that is a link of the folder above is still the project', async () => {
      symlinkSync(t.root, join(around, 'link'));
      expect(await output('pwd -P')).toBe(`${t.root}\n[exit code 0]`);
    });

    if (level.name === 'bubblewrap') {
      test.each([
        ['hooks', 'echo evil >.git/hooks/pre-commit; mkdir -p .git/hooks; cp a.txt .git/hooks/'],
        ['settings', 'echo evil >>.git/config; rm -f .git/config; mv a.txt .git/config; git config core.pager evil'],
        ['by moving .git', 'mv .git old; mkdir -p .git/hooks; echo evil >.git/hooks/x; echo evil >.git/config'],
        ['by moving what lies in it', 'mv .git/hooks .git/h; mv .git/config .git/c; rm -rf .git'],
      ])("git's %s stay", async (_, cmd) => {
        await run(cmd);
        expect(readFileSync(join(t.root, '.git/config'), 'utf8')).toBe('[core]\n');
        expect(existsSync(join(t.root, '.git/hooks/pre-commit')) || existsSync(join(t.root, '.git/hooks/x'))).toBe(
          false,
        );
      });

      test('so does what git is told to run, however settings spell it, and by every name', async () => {
        const { username, homedir } = userInfo();
        const settings = [
          `[core]\n\tworktree = ../w\n\thooksPath = hk\n\tfsmonitor = ~${username}/${relative(homedir, join(t.root, 'tilde.sh'))}`,
          '[filter "f"]\n\tclean = bash -euo pipefail clean.sh\n\tsmudge = \\"./t/6 a.sh\\"',
        ];
        t.file('.git/config', `${settings.join('\n')}\n`);
        const files = ['w/hk/pre-commit', 'clean.sh', 't/6 a.sh', 'tilde.sh', 'tools/post-commit'];
        for (const path of files) t.file(path, 'mine\n');
        mkdirSync(join(t.root, '.git/hooks'), { recursive: true });
        linkSync(join(t.root, 'tools/post-commit'), join(t.root, '.git/hooks/post-commit'));
        await run(`for file in w/hk/* *.sh t/* tools/*; do echo evil >>"$file"; done; echo mine >other.sh`);
        expect(files.map((path) => t.text(path))).toEqual(files.map(() => 'mine\n'));
        expect(t.text('other.sh')).toBe('mine\n');
      });

      test('the rest of .git can be used', async () => {
        expect(await output('echo x >.git/description; cat .git/description')).toBe('x\n[exit code 0]');
      });

      test("the project's own secrets are hidden, also from what reads everything, unless they are to be read", async () => {
        for (const path of [
          '.env',
          'api/.env.local',
          'certs/server.pem',
          'packages/api/.env',
          'a/b/c/d/.ssh/id_rsa',
          'a/b/c/prod.tfvars',
        ])
          t.file(path, 'geheim\n');
        t.file('api/src/fixtures/key.pem', 'fixture\n');
        const all = 'cat .env api/.env.local certs/server.pem; grep -r . .; cat api/src/fixtures/key.pem';
        expect(await output(all)).not.toContain('geheim');
        expect(await output(all)).toContain('fixture');
        expect(
          await output('mv .env e; cp a.txt .env; rm -f .env; mv api b; mkdir -p x/y/z; mv b packages x/y/z'),
        ).not.toContain('geheim');
        expect(await output('cat e; grep -r . .')).not.toContain('geheim');
        expect(t.text('.env')).toBe('geheim\n');
        expect(await c.again({ places: { read: ['.env'] } }).output('cat .env')).toBe('geheim\n[exit code 0]');
      });

      test('RUNTIME_HOME inside the project is closed, too', async () => {
        const inside = join(t.root, '.state');
        mkdirSync(inside);
        writeFileSync(join(inside, 'config.yaml'), 'geheim\n');
        const here = c.again({ state: inside, places: { read: [inside], write: [inside] } });
        expect(await here.output('cat .stat?/*; echo x >.stat?/y')).not.toContain('geheim');
        expect(existsSync(join(inside, 'y'))).toBe(false);
      });
    }

    test('limits hold', async () => {
      const { run: go } = c.again({ limits: { processes: 0, memory: 64, file_size: 1 } });
      await go('head -c 5000000 /dev/zero >big');
      expect(readFileSync(join(t.root, 'big')).length).toBe(1024 * 1024);
      expect((await go(`perl -e 'my $x = "x" x 200_000_000; print length $x'`)).output).not.toContain('200000000');
      expect((await go('ulimit -c; ulimit -d unlimited; ulimit -d')).output).toMatch(/^0\n[^]*\n65536\n/);
    });
  });
}

test('a project that holds the home has none, and says why', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'around-')));
  const home = join(folder, 'me');
  mkdirSync(home);
  const options = { home: join(home, '.runtime'), environment: { PATH, HOME: home } };
  const sandboxes = createSandboxes({ ...options, settings: NO_PLACES });
  expect(await sandboxes.find(folder)).toEqual({ none: `the project holds your home, ${home}` });
  rmSync(folder, { recursive: true });
});

test('nor has one by which commands could change what the sandboxes of others are made of', async () => {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'project-')));
  const options = { home: '/nonexistent/.runtime', environment: { PATH, HOME: '/nonexistent' } };
  const why = { none: `commands could change ${realpathSync(tmpdir())}, where what sandboxes are made of lies` };
  expect(await createSandboxes({ ...options, settings: NO_PLACES }).find(realpathSync(tmpdir()))).toEqual(why);
  const settings = { ...NO_PLACES, write: [tmpdir()] };
  expect(await createSandboxes({ ...options, settings }).find(project)).toEqual(why);
  rmSync(project, { recursive: true });
});

test.each(['src/hooks', '.git', '.git/hooks', 'bare.git', 'src/hooks/deeper'])('nor has %s of a repository, whose patches ask as well', async (name) => {
  const around = realpathSync(mkdtempSync(join(tmpdir(), 'around-')));
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: around, stdio: 'pipe' });
  git('init', '-q');
  git('init', '-q', '--bare', 'bare.git');
  git('config', 'core.hooksPath', 'src/hooks');
  for (const folder of ['.git/hooks', 'src/hooks/deeper', 'src/other']) mkdirSync(join(around, folder), { recursive: true });
  const environment = { PATH, HOME: '/nonexistent' };
  const sandboxes = createSandboxes({ home: '/nonexistent/.runtime', environment, settings: NO_PLACES });
  expect(await sandboxes.find(join(around, name))).toEqual({ none: 'git runs, or goes by, what lies in this folder' });
  for (const other of ['.', 'src', 'src/other']) expect(await sandboxes.find(join(around, other))).not.toMatchObject({ none: expect.stringContaining('git runs') });
  const t = testHost({ environment }, join(around, name));
  const patch = '*** Begin Patch\n*** Add File: new\n+x\n*** End Patch\n';
  expect((await t.inspect('apply_patch', { patch })).facts.paths).toMatchObject([{ runs_later: true }]);
  rmSync(around, { recursive: true });
}); // prettier-ignore
