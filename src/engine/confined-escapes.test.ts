/** What a command leaves in the project, to open something for the next one or for what is run outside of a sandbox. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSandboxes } from '../adapters/sandbox/sandboxes.ts';
import { testHost } from '../adapters/tools/test-host.ts';
import { type Confined, confined, LEVELS, levelsUnmet, NO_PLACES, PATH } from './testing/confined.ts';

const why = await levelsUnmet();

for (const level of LEVELS) {
  const unmet = why.get(level.name) ?? '';
  describe.skipIf(unmet !== '')(`${level.name}${unmet}`, () => {
    let c: Confined;
    beforeEach(() => void (c = confined(level)));
    afterEach(() => c.remove());
    const inHome = (path: string): string => join(c.home, path);

    test.each(['hooks', 'config', 'config.worktree', 'modules', 'worktrees'])(
      'a link in the place of .git/%s opens nothing for the next command',
      async (name) => {
        rmSync(join(c.t.root, '.git', name), { recursive: true, force: true });
        await c.run(`ln -s ../../.ssh .git/${name}`);
        expect(await c.output('cat ../.ssh/id_ed25519 .git/*/id_ed25519')).not.toContain('geheim');
      },
    );

    test('places that settings name in the project stay there, also when they become links', async () => {
      const places = { read: ['.env'], write: level.name === 'bubblewrap' ? ['out'] : [], hide: [] };
      await c.run('ln -s ../.ssh .env; ln -s .. out');
      const next = c.again({ places });
      expect(await next.output('cat ../.ssh/id_ed25519; echo evil >>../.bashrc')).not.toContain('geheim');
      expect(readFileSync(inHome('.bashrc'), 'utf8')).toBe('# mine\n');
    });

    test('a configuration that is found by a link of the project is none to confine commands beside', async () => {
      const options = {
        home: inHome('.runtime'),
        environment: { PATH, HOME: c.home },
        settings: NO_PLACES,
        levels: [level],
      };
      const find = (file: string) => createSandboxes({ ...options, ownFiles: [file] }).find(c.t.root);
      const config = join(c.t.root, 'config.yaml');
      symlinkSync('../.runtime/config.yaml', config);
      expect(await find(config)).toEqual({
        none: expect.stringContaining(`the runtime goes by ${config}, and a link`),
      });
      symlinkSync('project/config.yaml', inHome('mine.yaml'));
      expect(await find(inHome('mine.yaml'))).toEqual({ none: expect.stringContaining('a link on the way') });
      rmSync(inHome('mine.yaml'));
      symlinkSync('.runtime/config.yaml', inHome('mine.yaml'));
      expect(await find(inHome('mine.yaml'))).toMatchObject({ level: level.name });
    });

    test('programs that a command puts on the path run in the sandbox only', async () => {
      const bin = join(c.t.root, 'node_modules/.bin');
      mkdirSync(bin, { recursive: true });
      const here = c.again({ environment: { PATH: `${bin}:${PATH}` } });
      const planted = `#!/bin/sh\\necho x >${inHome('planted')}\\necho ran\\nexec /bin/cat "$@"\\n`;
      await here.run(`cd node_modules/.bin; printf '${planted}' >cat; chmod +x cat; ln -s cat perl; ln -s cat bwrap`);
      expect(await here.output('echo hello | cat')).toContain('ran\nhello\n[exit code 0]');
      expect(existsSync(inHome('planted'))).toBe(false);
    });

    test('variables that settings pass arrive, but steer nothing outside of the sandbox', async () => {
      const script = join(c.t.root, 'env.sh');
      const environment = { BASH_ENV: script, PERL5OPT: '-Mplanted', PERL5LIB: c.t.root, OTHER: 'a "b" $c' };
      const here = c.again({ environment, env: Object.keys(environment) });
      const shell = `test -e seen || echo x >"${inHome('planted')}"; :>seen`;
      c.t.file('env.sh', `(${shell}) 2>/dev/null\n`);
      c.t.file('planted.pm', `open my $f, '>', '${inHome('planted')}'; 1;\n`);
      expect(await here.output('echo "$OTHER" "$BASH_ENV"; env | grep -c CARRIED')).toBe(
        `a "b" $c ${script}\n0\n[exit code 1]`,
      );
      expect(existsSync(inHome('planted'))).toBe(false);
    });

    test('sockets of a pair are of kinds that go nowhere else', async () => {
      const perl = `perl -MSocket -e 'for my $kind (1, 2, 3, 5) {
        print "$kind ", socketpair(my $a, my $b, AF_UNIX, $kind, 0) ? "made" : "refused", "\\n" }'`;
      expect(await c.output(perl)).toBe('1 made\n2 refused\n3 refused\n5 made\n[exit code 0]');
    });

    test('nothing is made that runs with the rights of its owner', async () => {
      const perl = `perl -MFcntl -e 'print sysopen(my $f, "n", O_CREAT | O_RDWR, 04755) ? "made\\n" : "refused\\n";
        print chmod(04755, "a.txt") ? "changed\\n" : "refused\\n"; print chmod(0755, "a.txt") ? "plain\\n" : ""'`;
      expect(await c.output(perl)).toBe('refused\nrefused\nplain\n[exit code 0]');
    });

    test('a chain of processes that each leave their parent ends with it', { timeout: 30_000 }, async () => {
      // A lock is held by whoever has inherited the file: by the chain as long as there is one.
      const chain = `perl -MPOSIX -MFcntl=:flock -e 'open(my $lock, ">", "lock"); flock($lock, LOCK_EX); %ENV = ();
        $SIG{$_} = "IGNORE" for qw(TERM INT HUP); exit if fork; setsid(); close $_ for *STDIN, *STDOUT, *STDERR;
        for (my $end = time + 20; time < $end;) { POSIX::_exit(0) if fork }'`;
      const isHeld = (): boolean =>
        spawnSync('/bin/sh', ['-c', 'flock -n "$0" true', join(c.t.root, 'lock')]).status === 1;
      const cmd = `${chain}; flock -n lock true || echo held; until [ -e go ]; do sleep 0.02; done`;
      const running = c.run(cmd);
      await vi.waitFor(() => expect(isHeld()).toBe(true), { timeout: 10_000 });
      c.t.file('go', '');
      expect(await running).toMatchObject({ output: 'held\n[exit code 0]' });
      expect(isHeld()).toBe(false);
    });

    test('its own folder goes also when what it nested there is too deep for a path, and locked', async () => {
      const nest = `perl -e 'chdir $ENV{TMPDIR}; for (1 .. 40) { mkdir "d" x 250; chdir "d" x 250 } print "made\n" if mkdir "x"; chmod 0, "."; chmod 0, $ENV{TMPDIR}'`;
      const said = await c.output(`echo "$TMPDIR"; cat /proc/self/mountinfo; ${nest}`);
      expect(said).toMatch(/\nmade\n\[exit code 0\]$/);
      const whole = join(realpathSync(tmpdir()), /runtime-scratch-\w+/.exec(said)![0]);
      await vi.waitFor(() => expect(existsSync(whole)).toBe(false), { timeout: 30_000 });
    }, 60_000); // prettier-ignore

    test('who kills it from outside is not told that it never ran', async () => {
      const mark = `echo begun-${process.pid}-${level.name}`;
      const running = c.run(`${mark} >begun; sleep 60`);
      await vi.waitFor(() => expect(existsSync(join(c.t.root, 'begun'))).toBe(true), { timeout: 20_000 });
      for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        const [parent, command] = [`/proc/${id}/stat`, `/proc/${id}/cmdline`].map((path) => {
          try {
            return readFileSync(path, 'latin1');
          } catch {
            return '';
          }
        });
        const isOurs = parent!.split(') ')[1]?.split(' ')[1] === String(process.pid) && command!.includes(mark);
        if (isOurs) process.kill(Number(id), 'SIGKILL');
      }
      expect(await running).toMatchObject({ outcome: 'ok', signal: 'SIGKILL' });
    });

    if (level.name === 'bubblewrap') {
      test.each(['hooks', 'config', 'config.worktree'])('.git/%s that is not there no command makes', async (name) => {
        rmSync(join(c.t.root, '.git', name), { recursive: true, force: true });
        const evil = `mkdir .git/${name}; echo evil >.git/${name}/x; echo evil >.git/${name}; mv a.txt .git/${name}; rm -rf .git/${name}`;
        await c.run(evil);
        await Promise.all([c.run(`${evil}; sleep 0.4`), c.run(`sleep 0.2; ${evil}`)]);
        const path = join(c.t.root, '.git', name);
        expect(name === 'hooks' ? readdirSync(path) : readFileSync(path, 'utf8')).toEqual(name === 'hooks' ? [] : '');
        expect(c.t.text('a.txt')).not.toBe('');
      });

      const commondir = (): boolean => existsSync(join(c.t.root, '.git/commondir'));

      test('.git/commondir that a command made is set aside when it ends', async () => {
        await c.run('echo evil >.git/commondir');
        await c.run('mkdir .git/commondir && echo evil >.git/commondir/y');
        expect(commondir()).toBe(false);
        expect(c.t.text('.git/commondir.set-aside')).toBe('evil\n');
        expect(readdirSync(join(c.t.root, '.git/commondir.set-aside-2'))).toEqual(['y']);
      });

      test('… and so are steps of a rebase that run commands', async () => {
        const steps = '.git/rebase-merge/git-rebase-todo';
        await c.run(`mkdir .git/rebase-merge; echo pick 1234 >${steps}`);
        expect(c.t.text(steps)).toBe('pick 1234\n');
        await c.run(`printf "pick 1234\\n  exec evil\\n" >${steps}`);
        expect(existsSync(join(c.t.root, steps))).toBe(false);
        c.t.file(steps, 'exec ours\n');
        await c.run(`echo exec evil >${steps}; rm ${steps}`);
        expect(c.t.text(steps)).toBe('exec ours\n');
      });

      test('… and none that began meanwhile makes it again', async () => {
        const first = c.run('echo evil >.git/commondir; while ! [ -e stop ]; do sleep 0.02; done');
        while (!commondir()) await new Promise((resolve) => setTimeout(resolve, 10));
        const second = c.run(
          'touch began; while [ -e .git/commondir ]; do sleep 0.02; done; echo evil >.git/commondir',
        );
        while (!existsSync(join(c.t.root, 'began'))) await new Promise((resolve) => setTimeout(resolve, 10));
        c.t.file('stop', '');
        await Promise.all([first, second]);
        expect(commondir()).toBe(false);
      });

      test('where something of .git is a link, none of it can be changed', async () => {
        renameSync(join(c.t.root, '.git/hooks'), join(c.t.root, 'our-hooks'));
        symlinkSync('../our-hooks', join(c.t.root, '.git/hooks'));
        await c.run('rm .git/hooks; mkdir .git/hooks; echo x >.git/x');
        expect(readdirSync(join(c.t.root, '.git')).sort()).toEqual(['config', 'hooks']);
      });

      test('hooks and settings of git that lie elsewhere in the project stay', async () => {
        c.t.file('.git/config', '[core]\n\thooksPath = .githooks\n[include]\n\tpath = ../etc/git.inc\n');
        for (const path of ['.githooks/pre-commit', 'etc/git.inc']) c.t.file(path, 'ours\n');
        await c.run(
          'echo evil >.githooks/pre-commit; echo evil >.githooks/post-commit; echo evil >etc/git.inc; rm -rf .githooks etc; mv etc x; mv .githooks y',
        );
        expect(['.githooks/pre-commit', 'etc/git.inc'].map(c.t.text)).toEqual(['ours\n', 'ours\n']);
        expect(readdirSync(join(c.t.root, '.githooks'))).toEqual(['pre-commit']);
      });

      test('a .git that is a file says where the repository is, and stays', async () => {
        rmSync(join(c.t.root, '.git'), { recursive: true });
        c.t.file('.git', 'gitdir: ../elsewhere\n');
        await c.run('echo "gitdir: evil" >.git; rm -f .git; mv a.txt .git');
        expect(c.t.text('.git')).toBe('gitdir: ../elsewhere\n');
      });

      test('what has to be hidden in a folder is not found elsewhere by the next command', async () => {
        const state = c.t.file('deep/er/state/config.yaml', 'geheim\n');
        c.t.file('docs/private/x', 'geheim\n');
        const here = c.again({ state: join(state, '..'), places: { hide: ['docs/private'] } });
        await here.run('mkdir -p a/b/c; mv deep docs a/b/c; mv deep/er a/b/c');
        expect(await here.output('grep -r . . ../project; :')).not.toContain('geheim');
        expect(await here.output('echo x >docs/y; rm docs/y; echo fine')).toContain('fine');
      });

      test('what another command swaps while the sandbox is made opens nothing', { timeout: 90_000 }, async () => {
        rmSync(join(c.t.root, '.git'), { recursive: true });
        const swap = `mkdir -p .git n; ln -s ../.ssh l; : >going; perl -e 'while (!-e "stop") {
          rename ".git", "n/g"; rename "l", ".git"; rename ".git", "l"; rename "n/g", ".git" }'`;
        const swapping = c.run(swap);
        await vi.waitFor(() => expect(existsSync(join(c.t.root, 'going'))).toBe(true), { timeout: 20_000 });
        let said = '';
        for (let i = 0; i < 60; i++) said += await c.output('cat ../.ssh/id_ed25519 .git/id_ed25519').catch(() => '');
        writeFileSync(join(c.t.root, 'stop'), '');
        await swapping;
        expect(said).not.toContain('geheim');
      });

      test('a project whose path has spaces, tabs and the like', async () => {
        const odd = join(c.around, `an odd\\ \t\n'name'`);
        renameSync(c.t.root, odd);
        const found = await c.sandboxes.find(odd);
        if ('none' in found) throw new Error(found.none);
        const project = testHost({ home: inHome('.runtime'), sandboxes: c.sandboxes }, odd);
        const request = { ...project.request('exec_command', { cmd: 'cat a.txt; echo x >.git/x && echo made' }) };
        const call = { ...request, sandbox: level.name };
        expect((await project.run(call, await project.host.inspect(call))).output).toBe('one\nmade\n[exit code 0]');
        mkdirSync(c.t.root);
      });

      test('what nobody can look into is hidden, or there is no sandbox', async () => {
        c.t.file('api/.env', 'geheim\n');
        chmodSync(join(c.t.root, 'api'), 0);
        expect(await c.output('chmod 755 api; cat api/.env')).not.toContain('geheim');
        chmodSync(join(c.t.root, 'api'), 0o755);
        chmodSync(c.t.root, 0o111);
        const found = await c.sandboxes.find(c.t.root);
        chmodSync(c.t.root, 0o755);
        if (process.geteuid?.() !== 0) expect(found).toMatchObject({ none: expect.stringContaining('EACCES') });
      });

      test('secrets are hidden in however many folders', async () => {
        for (let i = 0; i < 150; i++) c.t.file(`folder-${i}/.env`, 'geheim\n');
        expect(await c.output('cat */.env')).not.toContain('geheim');
      });

      test('no command can make the next one be confined by less', async () => {
        await c.run('for i in $(seq 3000); do : >$i.pem; done');
        const options = { home: inHome('.runtime'), environment: { PATH, HOME: c.home }, settings: NO_PLACES };
        expect(await createSandboxes({ ...options, levels: LEVELS }).find(c.t.root)).toEqual({
          none: expect.stringContaining('there is too much to hide'),
        });
      });
    } else {
      test('what programs of one user share is not shared, and their limits stay', async () => {
        const [prlimit, size] = process.arch === 'x64' ? [302, 16] : [261, 16];
        const perl = `perl -e 'print "memory\\n" if defined shmget(0, 100, 0600); print "queue\\n" if defined msgget(0, 0600);
          print "semaphore\\n" if defined semget(0, 1, 0600);
          my $old = "x" x ${size}; for (${process.pid}, getppid) { print "limit\\n" if syscall(${prlimit}, $_ + 0, 7, 0, $old) >= 0 }
          print "own\\n" if syscall(${prlimit}, 0, 7, 0, $old) == 0'`;
        expect(await c.output(perl)).toBe('own\n[exit code 0]');
      });

      test("attributes of files stay, and with them who may read what is the user's", async () => {
        const [set, remove] = process.arch === 'x64' ? [188, 197] : [5, 14];
        const perl = (path: string): string =>
          `perl -e 'my ($p, $n, $v) = ("${path}", "user.note", "x"); for (${set}, 463) { print "set\\n" if syscall($_, $p, $n, $v, 1, 0, 0) >= 0 }
            print "removed\\n" if syscall(${remove}, $p, $n) >= 0; print "end\\n"'`;
        expect(await c.output(`${perl(inHome('.netrc'))}; ${perl(inHome('diary'))}`)).toBe('end\nend\n[exit code 0]');
        expect(await c.output('cp -a a.txt copied && cat copied')).toBe('one\n[exit code 0]');
      });

      test('requests of file systems are as unknown, but for those that copy', async () => {
        // FIFREEZE, BTRFS_IOC_SNAP_CREATE, BTRFS_IOC_SUBVOL_CREATE; FICLONE; of a terminal and of a pipe.
        const asked = '0xC0045877, 0x50009401, 0x5000940e, 0x40049409, 0x5401, 0x541b';
        const said = await c.output(
          `perl -e 'open F, "<", "."; for (${asked}) { my $a = "\\0" x 4096; $! = 0; ioctl(F, $_, $a); print $! + 0, "\n" }'`,
        );
        const [freeze, snapshot, subvolume, clone] = said.split('\n');
        expect([freeze, snapshot, subvolume]).toEqual(['25', '25', '25']);
        expect(clone).not.toBe('1');
        expect(await c.output('cp --reflink=auto a.txt copy && cat copy && ls --color=auto >/dev/null')).toBe(
          'one\n[exit code 0]',
        );
      });

      test('what it leaves behind and has ended is not kept in the table of processes', async () => {
        const cmd =
          `for i in $(seq 20); do (true &); done; ` +
          `left() { grep -sh . /proc/[0-9]*/stat | awk -v parent=$PPID '$3 == "Z" && $4 == parent' | wc -l; }; ` +
          `for i in $(seq 100); do [ $(left) = 0 ] && break; sleep 0.05; done; left`;
        expect(await c.output(cmd)).toBe('0\n[exit code 0]');
      });

      test('its own folder goes also when it locked it, or made it deep', { timeout: 60_000 }, async () => {
        const lock = 'mkdir -p "$TMPDIR/a/b"; touch "$TMPDIR/a/b/c"; chmod 0 "$TMPDIR/a"';
        const nest = `perl -e 'chdir $ENV{TMPDIR}; for (1 .. 3000) { mkdir "d"; chdir "d" }'`;
        const said = await c.output(`echo "$TMPDIR"; ln -s ${inHome('notes')} "$TMPDIR/l"; ${lock}; ${nest}`);
        const [folder] = said.split('\n', 1);
        await vi.waitFor(() => expect(existsSync(folder!)).toBe(false), { timeout: 30_000 });
        expect(readFileSync(inHome('notes/a'), 'utf8')).toBe('note\n');
      });

      test('a home that holds much', { timeout: 60_000 }, async () => {
        for (let i = 0; i < 20_000; i++) writeFileSync(inHome(`${'much-'.repeat(20)}${i}`), '');
        expect(await c.output('cat a.txt; echo x >b; cat b; cat ../.netrc 2>/dev/null || echo no')).toBe(
          'one\nx\nno\n[exit code 0]',
        );
      });
    }
  });
}
