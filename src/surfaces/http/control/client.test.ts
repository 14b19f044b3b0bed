/** What a client promises while its connections break and its owner leaves or dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../../base/clock.ts';
import { connectControl } from '../../../adapters/control/connect-control.ts';
import { controlPath } from '../../../adapters/control/control-path.ts';
import type { Host } from '../../../contract/host.ts';
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

test(
  'ten thousand entries come once and in order over streams that break again and again',
  { timeout: 30_000 },
  async () => {
    const { path, connect: connectClient } = await served();
    const whole = await connectClient();
    const { path: through, cuts } = await cutter(path, () => 200_000);
    const host = await connectTo(through);
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
  const host = await connectTo(through);
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
