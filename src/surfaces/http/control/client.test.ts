/** What a client promises while its connections break and its owner leaves or dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../../base/clock.ts';
import { attach } from '../../../adapters/control/attach.ts';
import { connectControl } from '../../../adapters/control/connect-control.ts';
import { controlPath } from '../../../adapters/control/control-path.ts';
import { createRequests } from '../../../adapters/control/requests.ts';
import { openWatch } from '../../../adapters/control/watch.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import { CONTROL_PROTOCOL, type Host, type Watch } from '../../../contract/host.ts';
import type { StreamEvent } from '../../../contract/stream.ts';
import { look } from '../testing/host-suite.ts';
import { type ServedHost, serveFake, VERSION } from '../testing/served-host.ts';

const OWNER = fileURLToPath(new URL('../testing/owner-program.ts', import.meta.url));

function temporaryPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-control-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return controlPath(folder);
}

async function served(): Promise<ServedHost> {
  const server = await serveFake();
  onTestFinished(server.close);
  return server;
}

async function connectTo(path: string): Promise<Host> {
  const host = await connectControl({ path, version: VERSION, clock: systemClock });
  if (!host) throw new Error('nobody listens');
  onTestFinished(() => host.leave());
  return host;
}

/** An owner in a process of its own. */
async function owner(): Promise<{ path: string; child: ChildProcess }> {
  const path = temporaryPath();
  const child = spawn(process.execPath, [OWNER, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { path, child };
}

const say = (text: string, session_id = 's-1') => ({ session_id, parts: [{ type: 'text' as const, text }] });

test('nobody listens where there is nothing, and where there is something else', async () => {
  const path = temporaryPath();
  expect(await connectControl({ path, version: VERSION, clock: systemClock })).toBeUndefined();
  const closing = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => closing.listen(path, resolve));
  expect(await connectControl({ path, version: VERSION, clock: systemClock })).toBeUndefined();
  await new Promise((resolve) => closing.close(resolve));
});

test('what speaks, but not as an owner does, is an error', async () => {
  const path = temporaryPath();
  const other = createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH\r\n'));
  await new Promise<void>((resolve) => other.listen(path, resolve));
  await expect(connectControl({ path, version: VERSION, clock: systemClock })).rejects.toThrow();
  await new Promise((resolve) => other.close(resolve));
});

test.runIf(existsSync('/proc/self/comm')).each(['data: nonsense\n\n', 'data: null\n\n', ''])(
  'what does not say who it is is an error: %j',
  async (said) => {
    const path = temporaryPath();
    const other = createHttpServer((request, response) => {
      if (request.url === '/v1/hello') return void response.end('{"challenge":"c","nonce":"n"}');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      response.write(said);
    });
    await new Promise<void>((resolve) => other.listen(path, resolve));
    const hasty: Clock = { now: systemClock.now, at: (_, run) => systemClock.at(systemClock.now() + 200, run) };
    await expect(connectControl({ path, version: VERSION, clock: hasty })).rejects.toBeInstanceOf(RuntimeError);
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  },
);

test('an owner of another version is an error that says so', async () => {
  const { path } = await served();
  await expect(connectControl({ path, version: '9.9.9', clock: systemClock })).rejects.toMatchObject({
    code: 'version_mismatch',
    exitCode: 3,
    message: expect.stringContaining('9.9.9'),
  });
});

test('an owner that is killed is lost: at once, to who waits and who asks', async () => {
  const { path, child } = await owner();
  const host = await connectTo(path);
  const looking = look(host, 's-1');
  const { event_id } = await host.submit(say('slow'));
  await looking.until('turn.started');
  const settled = expect(host.settled(event_id)).rejects.toMatchObject({ code: 'owner_lost' });
  child.kill('SIGKILL');
  expect(await host.lost).toEqual({ handed_over: false });
  await settled;
  await expect(host.status()).rejects.toMatchObject({ code: 'owner_lost' });
  await expect(host.submit(say('hello'))).rejects.toMatchObject({ code: 'owner_lost' });
});

test('an owner that hands over says so, and what it had told is told to the end', async () => {
  const { path, child } = await owner();
  const host = await connectTo(path);
  const looking = look(host, 's-1');
  await host.settled((await host.submit(say('many 500'))).event_id);
  await looking.until('turn.ended');
  child.stdin!.write('leave\n');
  expect(await host.lost).toEqual({ handed_over: true });
  expect(looking.events.filter(({ id }) => id !== null)).toHaveLength(503);
});

test.runIf(process.platform === 'linux')(
  'an owner that stands still is not lost, but it is not waited for',
  async () => {
    const { path, child } = await owner();
    const hasty: Clock = { now: systemClock.now, at: (_, run) => systemClock.at(systemClock.now() + 50, run) };
    const host = await connectTo(path);
    child.kill('SIGSTOP');
    await expect(connectControl({ path, version: VERSION, clock: hasty })).rejects.toMatchObject({
      code: 'owner_silent',
      exitCode: 3,
    });
    child.kill('SIGCONT');
    expect(await host.status()).toMatchObject({ pid: child.pid });
  },
);

test('why an owner leaves is told', async () => {
  const { server, connect: connectClient } = await served();
  const host = await connectClient();
  const error = { code: 'disk_full', message: 'No space.', next: 'Make some.' };
  await server.close({ handed_over: false, error });
  expect(await host.lost).toEqual({ handed_over: false, error });
});

test('who leaves is told nothing more, not even that', async () => {
  const { fake, connect: connectClient } = await served();
  const host = await connectClient();
  let lost = false;
  void host.lost.then(() => (lost = true));
  const looking = look(host, 's-1');
  fake.append('s-1');
  await looking.until('timer.fired');
  await host.leave();
  fake.append('s-1');
  while ((await fake.host.session('s-1')).watchers > 0) await new Promise(setImmediate);
  expect(looking.events).toHaveLength(1);
  expect(lost).toBe(false);
  await expect(host.status()).rejects.toMatchObject({ code: 'owner_lost' });
});

/** Stands between clients and an owner, and cuts streams of sessions: after so many bytes, and when it is told. */
async function cutter(
  to: string,
  afterBytes: () => number,
): Promise<{ path: string; cut: () => void; cuts: () => number }> {
  const path = temporaryPath();
  const open = new Set<Socket>();
  const streams = new Set<Socket>();
  let cuts = 0;
  const proxy = createServer((near) => {
    const far = connect(to);
    let left = Infinity;
    near.on('data', (chunk) => {
      if (String(chunk).includes('/stream?')) {
        streams.add(far);
        left = afterBytes();
      }
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      left -= chunk.length;
      if (left > 0) return void near.write(chunk);
      // In the middle of an event, mostly.
      near.end(chunk.subarray(0, Math.max(0, chunk.length + left)), () => near.destroy());
      far.destroy();
      cuts++;
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => {}).on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(path, resolve));
  onTestFinished(() => {
    proxy.close();
    for (const socket of open) socket.destroy();
  });
  return { path, cut: () => streams.forEach((stream) => stream.destroy()), cuts: () => cuts };
}

/** Watches through something that stands between; the attachment itself is with the owner. */
async function watchThrough(between: string, path: string): Promise<Pick<Host, 'watch'>> {
  const direct = createRequests(path, systemClock);
  const through = createRequests(between, systemClock);
  const setToken = (token: string): void => [direct, through].forEach((requests) => requests.setToken(token));
  const me = { pid: process.pid, version: VERSION, protocol: CONTROL_PROTOCOL };
  const { detach } = await attach({ ...direct, setToken }, me, { file: undefined, mayServe: () => {} });
  const watches: Watch[] = [];
  onTestFinished(() => {
    for (const watch of watches) watch.close();
    detach();
    direct.close();
    through.close();
  });
  return {
    watch(session_id, after, listener) {
      const watch = openWatch(through, systemClock, session_id, after, listener);
      watches.push(watch);
      return watch;
    },
  };
}

test.runIf(existsSync('/proc/self/comm'))('who passes on what an owner says is not taken for it', async () => {
  const { path, fake } = await served();
  const { path: between } = await cutter(path, () => Infinity);
  const connecting = connectControl({ path: between, version: VERSION, clock: systemClock });
  await expect(connecting).rejects.toMatchObject({ code: 'no_permission', next: expect.stringMatching(/./) });
  expect(fake.calls.size).toBe(0);
});

test.runIf(existsSync('/proc/self/comm'))('what is put in the place of an owner later is told nothing', async () => {
  const { path, fake, connect: connectClient } = await served();
  const host = await connectClient();
  const { path: between, cuts } = await cutter(path, () => 0);
  renameSync(path, `${path}.away`);
  renameSync(between, path);
  const looking = look(host, 's-1');
  await host.submit(say('hello'));
  await looking.until('turn.ended');
  expect({ submits: fake.calls.get('submit'), cuts: cuts() }).toEqual({ submits: 1, cuts: 0 });
  renameSync(`${path}.away`, path);
});

test.runIf(existsSync('/proc/self/comm'))('who serves is asked for, and may be refused', async () => {
  const { path, fake } = await served();
  const asked: number[] = [];
  const refuse = (pid: number): never => {
    asked.push(pid);
    throw new RuntimeError('caller_is_tool', 'not you');
  };
  const connecting = connectControl({ path, version: VERSION, clock: systemClock, mayServe: refuse });
  await expect(connecting).rejects.toMatchObject({ code: 'caller_is_tool' });
  expect(asked).toEqual([process.pid]);
  expect(fake.calls.size).toBe(0);
});

test(
  'ten thousand entries come once and in order over streams that break again and again',
  { timeout: 30_000 },
  async () => {
    const { path, connect: connectClient } = await served();
    const whole = await connectClient();
    const { path: through, cuts } = await cutter(path, () => 200_000);
    const host = await watchThrough(through, path);
    const seen: StreamEvent[] = [];
    const finished = Promise.withResolvers<void>();
    host.watch('s-1', 0, {
      onEvent(event) {
        seen.push(event);
        if (event.type === 'turn.ended') finished.resolve();
      },
    });
    const looking = look(whole, 's-1');
    await whole.submit(say('many 10000'));
    await Promise.all([finished.promise, looking.until('turn.ended')]);
    const entries = seen.filter(({ id }) => id !== null);
    expect(cuts()).toBeGreaterThan(3);
    expect(entries).toHaveLength(10_003);
    expect(entries).toEqual(looking.events.filter(({ id }) => id !== null));
  },
);

test.each([true, false])('a journal that lost its end begins anew (with a listener for that: %s)', async (listens) => {
  const { path, fake } = await served();
  const { path: through, cut } = await cutter(path, () => Infinity);
  const host = await watchThrough(through, path);
  const heard: (string | null)[] = [];
  const old = [1, 2, 3].map(() => fake.append('s-1').id);
  const seen = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  host.watch('s-1', 0, {
    onEvent({ id, type }) {
      heard.push(id);
      if (heard.length === old.length) seen.resolve();
      if (type === 'turn.ended') ended.resolve();
    },
    ...(listens && { onReset: () => void heard.push('reset') }),
  });
  await seen.promise;
  const replaced = fake.replaceLast('s-1').id;
  const last = fake.append('s-1', 'turn.ended').id;
  cut();
  await ended.promise;
  expect(heard).toEqual(listens ? [...old, 'reset', ...old.slice(0, 2), replaced, last] : [...old, last]);
});
