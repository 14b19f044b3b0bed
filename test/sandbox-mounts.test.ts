/** Files that have a second path by a mount, and mounts that come while a command runs. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { LAUNCHER, type Place, test, until } from './support/place.ts';

/** Mounts of its own, which end with it. `/srv` is empty there. */
const OWN = 'mount -t tmpfs -o mode=755 none /srv';
const MAY_MOUNT = spawnSync('unshare', ['-rm', 'sh', '-c', `${OWN} && bwrap --ro-bind / / true`]).status === 0;

const SECRET = 'geheim-4711';

/** Runs `runtime run go` where these mounts are, in this folder; the model makes these calls, and says what came of them. */
async function runWhere(
  place: Place,
  mounts: string,
  calls: [tool: string, args: Record<string, string>][],
  { cwd = place.project, propagation = 'private' } = {},
) {
  const home = dirname(place.home);
  for (const name of ['.netrc', '.config/gh/hosts.yml', '.ssh/id_ed25519', 'documents/tax.txt']) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    if (!existsSync(join(home, name))) writeFileSync(join(home, name), `${SECRET}\n`);
  }
  place.play(
    [
      {
        match: { asked: ['go'], request: 1 },
        reply: { calls: calls.map(([tool, args]) => ({ tool, arguments: args })) },
      },
      { match: { any: true }, reply: { text: '{{result}}' } },
    ],
    { sandbox: { mode: 'auto' }, governance: { profile: 'workspace' } },
  );
  const shell = `exec unshare -rm --propagation ${propagation} sh -c '${OWN}; ${mounts}; cd "$0" && exec "$@"' "${cwd}" "$@"`;
  return place.start(['run', '--session', 'one', 'go'], { shell, cwd: home });
}

describe.skipIf(!MAY_MOUNT)(`mounts${MAY_MOUNT ? '' : ' (skipped: none can be made here)'}`, () => {
  test('what is hidden is hidden by any path', async ({ place }) => {
    place.write('.env', `TOKEN=${SECRET}`);
    const mounts = 'mkdir "/srv/a gain" /srv/gh /srv/p && mount --bind "$HOME" "/srv/a gain" && mount --bind "$HOME/.config/gh" /srv/gh && mount --bind "$HOME/project" /srv/p'; // prettier-ignore
    const cmd = `cat ~/documents/tax.txt; grep -rh ${SECRET} /srv ~/.netrc ~/.config ~/.ssh . && echo seen; ls /srv/gh /srv/p`;
    const { code, stdout } = await (await runWhere(place, mounts, [['exec_command', { cmd }]])).ended;
    expect([code, stdout.replaceAll(/^grep: .*\n/gm, '')]).toEqual([
      0,
      expect.stringMatching(/^geheim-4711\n\/srv\/gh:\n\n\/srv\/p:\n/),
    ]);
  });

  test('a store that is mounted where secrets are is one by its own path, too', async ({ place }) => {
    const mounts =
      'mkdir -p /srv/store/ssh && echo geheim-4711 > /srv/store/ssh/key && mount --bind /srv/store/ssh "$HOME/.ssh"';
    const { stdout } = await (await runWhere(place, mounts, [['exec_command', { cmd: 'ls /srv/store /srv/store/ssh ~/.ssh' }]])).ended; // prettier-ignore
    expect(stdout).toMatch(/^\/srv\/store:\nssh\n\n\/srv\/store\/ssh:\n\n.*\.ssh:\n/s);
    expect(stdout).not.toContain('key');
  });

  test('what lies elsewhere as well can be read by way of the project, but not changed', async ({ place }) => {
    const mounts =
      'mkdir -p m/docs m/gh && mount --bind "$HOME/documents" m/docs && mount --bind "$HOME/.config/gh" m/gh';
    const inProject = `cd project && ${mounts}`;
    place.write('w.sh', 'cat m/docs/tax.txt; echo x > m/docs/new; touch m/docs/tax.txt; cat m/gh/*; echo x > m/other');
    const cmd = 'sh w.sh';
    const { stdout } = await (await runWhere(place, inProject, [['exec_command', { cmd }]])).ended;
    expect(stdout).toMatch(/^geheim-4711\n.*m\/docs\/new: Read-only.*\n.*Read-only/s);
    expect(stdout.match(new RegExp(SECRET, 'g'))).toHaveLength(1);
    expect(place.read('m/other')).toBe('x\n');
  });

  test.for([
    ['read_file', { path: 'm/gh/hosts.yml' }],
    ['read_file', { path: 'm/docs/tax.txt' }],
  ] as const)('tools ask for it: %s %o', async ([tool, args], { place }) => {
    const mounts =
      'cd project && mkdir -p m/docs m/gh && mount --bind "$HOME/documents" m/docs && mount --bind "$HOME/.config/gh" m/gh';
    const { code, stdout } = await (await runWhere(place, mounts, [[tool, args]])).ended;
    expect([code, stdout]).toEqual([5, '']);
  });

  test.for([
    ['a home in the project', 'mkdir -p project/m && mount --bind "$HOME" project/m', undefined],
    [
      'a project that is a folder of a home',
      'mkdir /srv/again && mount --bind "$HOME" /srv/again',
      '/srv/again/.config',
    ],
    ['one that is a project of a home', 'mkdir /srv/p && mount --bind "$HOME/project" /srv/p', '/srv/p'],
    ['one in the home of the runtime', 'mkdir /srv/again && mount --bind "$HOME" /srv/again', '/srv/again/home'],
  ] as const)(
    'where nobody could tell what is to be kept there is no sandbox: %s',
    async ([, mounts, cwd], { place }) => {
      const calls: [string, Record<string, string>][] = [['exec_command', { cmd: 'ls' }]];
      const { code, stdout } = await (await runWhere(place, mounts, calls, { ...(cwd && { cwd }) })).ended;
      expect([code, stdout]).toEqual([5, '']);
    },
  );

  describe.skipIf(LAUNCHER.startsWith('/root/'))('what is hidden in the home of the account', () => {
    // There everybody is root.
    const mounts = `mount -t tmpfs none /root && mkdir -p /root/.ssh /root/.config/gh /root/snap/1 && echo plain > /root/notes && for f in .netrc .ssh/id_ed25519 .config/gh/hosts.yml .bash_history; do echo ${SECRET} > /root/$f; done`; // prettier-ignore
    const script =
      'cd /root; cat notes .netrc .ssh/id_ed25519 .config/gh/hosts.yml .bash_history 2>/dev/null; echo end';

    test.for([
      ['a folder of it', 'export HOME=/root/snap/1'],
      ['a folder elsewhere', ':'],
      ['one that is not there', 'export HOME=/nonexistent'],
      ['nothing', 'unset HOME'],
    ])('stays so where HOME says %s', async ([, says], { place }) => {
      place.write('w.sh', script);
      const running = await runWhere(place, `${mounts}; ${says}`, [['exec_command', { cmd: 'sh w.sh' }]]);
      expect(await running.ended).toMatchObject({ code: 0, stdout: 'plain\nend\n[exit code 0]\n' });
    });

    test('and where HOME says the project, there is no sandbox', async ({ place }) => {
      place.write('w.sh', script);
      const home = `export HOME='${place.project}'`;
      const running = await runWhere(place, `${mounts}; ${home}`, [['exec_command', { cmd: 'sh w.sh' }]]);
      expect(await running.ended).toMatchObject({ code: 5, stdout: '' });
    });
  });

  test('what is mounted while a command runs does not come into its sandbox', async ({ place }) => {
    const home = dirname(place.home);
    const mounts = 'mkdir /srv/stick /srv/again; (while ! [ -e "$HOME/project/runs" ]; do sleep 0.05; done; mount -t tmpfs -o mode=777 none /srv/stick; echo there > /srv/stick/f; mount --bind "$HOME" /srv/again; echo x > "$HOME/project/mounted"; while ! [ -e "$HOME/project/done" ]; do sleep 0.05; done; cat /srv/stick/* > "$HOME/after") &'; // prettier-ignore
    place.write(
      'w.sh',
      'touch runs; while ! [ -e mounted ]; do sleep 0.05; done; ls /srv/stick; echo x > /srv/stick/new; cat /srv/again/.netrc; touch done',
    );
    const cmd = 'sh w.sh';
    const { code, stdout } = await (await runWhere(place, `${mounts} true`, [['exec_command', { cmd }]], { propagation: 'shared' })).ended; // prettier-ignore
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/there|geheim/);
    await until('the mounts were looked at', () => existsSync(join(home, 'after')));
    expect(readFileSync(join(home, 'after'), 'utf8')).toBe('there\n');
  });

  test('where only bubblewrap may make namespaces, commands are confined all the same', async ({ place }) => {
    const cmd = 'echo ran; cat ~/.netrc';
    const mounts = 'mount --bind /bin/false /usr/bin/unshare';
    const { code, stdout } = await (await runWhere(place, mounts, [['exec_command', { cmd }]], { propagation: 'shared' })).ended; // prettier-ignore
    expect([code, stdout]).toEqual([0, expect.stringContaining('ran\n')]);
    expect(stdout).not.toContain(SECRET);
  });
});
