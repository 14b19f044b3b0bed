/** The daemon as a service of the system: its description, and what the system is told. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { KEY, type Place, test, until } from './support/place.ts';
import { systemPrograms } from './support/programs.ts';

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const hasNotify = has('systemd-notify', '--version') && has('python3', '--version');
const hasAnalyze = has('systemd-analyze', '--version');
const hasPython = has('python3', '--version');

/** Stands where systemd listens, and writes down what comes. */
const LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True:
    print(listener.recv(4096).decode().replace("\\n", " "), flush=True)
`;

describe.skipIf(!hasNotify)(`sd_notify${hasNotify ? '' : ' (skipped: no systemd-notify or python3 here)'}`, () => {
  test('tells that the daemon is ready, that it turns, and that it stops', async ({ place }) => {
    const socket = join(place.home, 'notify');
    const listener = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    place.atEnd(async () => void listener.kill());
    let told = '';
    listener.stdout.on('data', (bytes: Buffer) => (told += bytes.toString()));
    await until('it listens', () => existsSync(socket));
    const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '200000' };
    const daemon = await startDaemon(place, [], { environment });
    await until('it is ready', () => told.includes(`READY=1`));
    expect(told).toContain(`STATUS=Serving default at ${daemon.url}`);
    await until('it turns', () => told.split('WATCHDOG=1').length > 3);
    expect(told).not.toContain('STOPPING=1');
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
    await until('it stops', () => told.includes('STOPPING=1'));
  });
});

test('where nobody can be told, the daemon works all the same, and says so once', async ({ place }) => {
  const PATH = systemPrograms(place, {});
  const environment = { NOTIFY_SOCKET: join(place.home, 'nobody'), WATCHDOG_USEC: '100000', PATH };
  const daemon = await startDaemon(place, [], {
    environment,
    shell: `exec '${process.execPath}' '${MAIN}' daemon --port 0`,
  });
  await daemon.says("systemd can't be told");
  process.kill(daemon.pid, 'SIGTERM');
  const { code, stderr } = await daemon.ended;
  expect([code, stderr.split("can't be told").length]).toEqual([0, 2]);
});

const MAIN = join(import.meta.dirname, '../dist/main.js');

const systemctl = (place: Place, code = 0): string =>
  `#!/bin/sh\necho "$@" >>'${place.home}/calls'\necho said\nexit ${code}\n`;

/** A `systemctl` of the system that writes down how it is called, and does as the test says. */
function fakeSystemctl(place: Place, code = 0): { PATH: string } {
  const bin = systemPrograms(place, { systemctl: systemctl(place, code) });
  return { PATH: `${bin}:${place.environment['PATH']}` };
}

const unitOf = (place: Place): string =>
  join(place.environment['HOME']!, '.config/systemd/user/runtime-default.service');

describe.skipIf(process.platform === 'darwin')('a unit', () => {
  test('is installed, looked at and removed', async ({ place }) => {
    const environment = fakeSystemctl(place);
    const installed = await place.run(['service', 'install'], { environment });
    expect(installed).toMatchObject({ code: 0, stdout: expect.stringContaining(`wrote ${unitOf(place)}`) });
    expect(await place.run(['service', 'status'], { environment })).toMatchObject({ code: 0 });
    expect(await place.run(['service', 'uninstall'], { environment })).toMatchObject({ code: 0 });
    expect(existsSync(unitOf(place))).toBe(false);
    const calls = readFileSync(join(place.home, 'calls'), 'utf8').trim().split('\n');
    expect(calls.map((line) => line.replace('--user ', ''))).toEqual([
      'daemon-reload',
      'enable runtime-default.service',
      'restart runtime-default.service',
      'is-active runtime-default.service',
      'disable --now runtime-default.service',
    ]);
    expect(await place.run(['service', 'status'], { environment })).toMatchObject({ code: 1 });
    expect(await place.run(['service', 'uninstall'], { environment })).toMatchObject({ code: 1 });
  });

  test('that systemd does not take says what is left to do', async ({ place }) => {
    const ran = await place.run(['service', 'install'], { environment: fakeSystemctl(place, 1) });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('next: systemctl --user daemon-reload\nnext: systemctl --user enable');
    expect(existsSync(unitOf(place))).toBe(true);
  });

  test('is told to no program of the project in which it is installed', async ({ place }) => {
    writeFileSync(join(place.project, 'systemctl'), systemctl(place, 1), { mode: 0o755 });
    const environment = { PATH: `${place.project}:${fakeSystemctl(place).PATH}` };
    expect(await place.run(['service', 'install'], { environment })).toMatchObject({ code: 0 });
  });

  test('holds no secret, and starts the daemon where it was installed', async ({ place, mock }) => {
    place.connect(mock);
    const { stdout } = await place.run(['service', 'install', '--print'], {
      environment: { OPENAI_API_KEY: 'sk-other-0123456789', RUNTIME_TOKEN: 'rt_0123456789' },
    });
    for (const secret of [KEY, 'sk-other', 'rt_0123456789']) expect(stdout).not.toContain(secret);
    expect(stdout).toContain(`\nWorkingDirectory=${place.project}\n`);
    expect(stdout).toContain('\nNoNewPrivileges=yes\n');
    expect(existsSync(unitOf(place))).toBe(false);
  });

  test('has a folder of its own choice, which is there', async ({ place }) => {
    mkdirSync(join(place.project, 'inner'));
    const print = (root: string) => place.run(['service', 'install', '--print', '--root', root]);
    expect(await print('nowhere')).toMatchObject({ code: 2, stderr: expect.stringContaining('is no folder') });
    const { stdout } = await print('inner');
    expect(stdout).toContain(`"--daemon.project_root" "${join(place.project, 'inner')}"`);
    // Read again by the daemon, where it is started: it must not be taken for a folder within itself.
    const { stdout: relative } = await place.run(['--daemon.project_root', 'inner', 'service', 'install', '--print']);
    expect(relative).toContain(`\nWorkingDirectory=${place.project}\n`);
  });

  test.skipIf(!hasAnalyze)(
    `is one that systemd understands${hasAnalyze ? '' : ' (skipped: no systemd-analyze here)'}`,
    async ({ place }) => {
      const folder = join(place.project, 'a folder with "quotes", $money and 100%');
      mkdirSync(folder);
      const { stdout } = await place.run(['service', 'install', '--print'], { cwd: folder });
      const unit = join(place.home, 'runtime-default.service');
      writeFileSync(unit, stdout);
      const verified = spawnSync('systemd-analyze', ['--user', '--man=no', 'verify', unit], {
        encoding: 'utf8',
        env: { ...process.env, XDG_RUNTIME_DIR: place.home, HOME: place.environment['HOME'] },
      });
      expect([verified.status, verified.stderr.split('\n').filter((line) => line.includes('runtime-default'))]).toEqual(
        [0, []],
      );
    },
  );
});

test.skipIf(!hasPython)('an agent of launchd is a property list', async ({ place }) => {
  const { launchdService } = await import('../src/surfaces/service/launchd.ts');
  const { text } = launchdService(
    {
      workspace: 'default',
      command: ['/opt/a & b/runtime', 'daemon'],
      folder: '/tmp/<x>',
      environment: { RUNTIME_HOME: '/h' },
      environmentFile: '/h/daemon.env',
      stopSeconds: 45,
    },
    place.home,
    501,
  );
  const file = join(place.home, 'agent.plist');
  writeFileSync(file, text);
  const read = spawnSync('python3', ['-c', 'import json,plistlib,sys; print(json.dumps(plistlib.load(open(sys.argv[1],"rb"))))', file], { encoding: 'utf8' }); // prettier-ignore
  expect(JSON.parse(read.stdout)).toMatchObject({
    Label: 'runtime.daemon.default',
    WorkingDirectory: '/tmp/<x>',
    EnvironmentVariables: { RUNTIME_HOME: '/h' },
    KeepAlive: { SuccessfulExit: false },
  });
  expect((JSON.parse(read.stdout) as { ProgramArguments: string[] }).ProgramArguments.slice(-2)).toEqual(['/opt/a & b/runtime', 'daemon']); // prettier-ignore
});
