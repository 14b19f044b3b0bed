import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import { systemIds } from '../../../base/ids.ts';
import { connectControl } from '../../../adapters/control/connect-control.ts';
import { controlPath } from '../../../adapters/control/control-path.ts';
import type { Host } from '../../../contract/host.ts';
import { createFakeHost } from '../testing/fake-host.ts';
import { type ServedHost, serveFake, VERSION } from '../testing/served-host.ts';
import { type ControlServer, serveControl } from './serve-control.ts';

const OWNER = fileURLToPath(new URL('../testing/owner-program.ts', import.meta.url));

async function served(): Promise<ServedHost> {
  const server = await serveFake();
  onTestFinished(server.close);
  return server;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-control-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function serveAt(path: string, warnings: string[] = []): Promise<ControlServer | undefined> {
  const { host, entries, approval, usage } = createFakeHost();
  const server = await serveControl({
    path,
    host,
    entries,
    approval,
    usage,
    version: VERSION,
    clock: systemClock,
    ids: systemIds(systemClock),
    isTool: () => false,
    warn: (message) => void warnings.push(message),
  });
  if (server) onTestFinished(() => server.close({ handed_over: false }));
  return server;
}

async function connectTo(path: string): Promise<Host | undefined> {
  const host = await connectControl({ path, version: VERSION, clock: systemClock });
  if (host) onTestFinished(() => host.leave());
  return host;
}

/** All that comes until the other side ends, or the connection breaks. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  await new Promise<void>((resolve) => socket.on('error', () => {}).once('close', () => resolve()));
  return text;
}

test('the socket is open to its user alone, and goes with its server', async () => {
  const { path, server } = await served();
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(existsSync(`${path}~`)).toBe(false);
  await server.close({ handed_over: false });
  expect(existsSync(path)).toBe(false);
});

test.runIf(process.getuid?.() === 0)('another user can not connect, even where the folder is open', async () => {
  const { path, folder } = await served();
  chmodSync(folder, 0o755);
  const script = `require('net').connect(${JSON.stringify(path)}).on('error', (e) => console.log(e.code)).on('connect', () => console.log('connected'))`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { uid: 65_534, encoding: 'utf8', cwd: '/' });
  expect(stdout.trim()).toBe('EACCES');
});

test('a socket that a killed owner left is replaced', async () => {
  const path = controlPath(temporaryFolder());
  const child = spawn(process.execPath, [OWNER, path]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  expect(lstatSync(path).isSocket()).toBe(true);
  expect(await connectTo(path)).toBeUndefined();
  await serveAt(path);
  expect(await (await connectTo(path))?.status()).toMatchObject({ pid: process.pid });
});

test('what another process has put in its place stays', async () => {
  const { path, server } = await served();
  writeFileSync(`${path}.other`, '');
  renameSync(`${path}.other`, path);
  await server.close({ handed_over: false });
  expect(lstatSync(path).isFile()).toBe(true);
});

test('a workspace whose path is too long has its socket beside those of other users', async () => {
  const folder = join(temporaryFolder(), 'f'.repeat(120));
  const shared = temporaryFolder();
  const path = controlPath(folder, shared);
  expect(path.startsWith(join(shared, `runtime-${process.getuid!()}/`))).toBe(true);
  await serveAt(path);
  expect(await connectTo(path)).toBeDefined();
  expect(lstatSync(join(path, '..')).mode & 0o777).toBe(0o700);
});

test.each(['open', 'link', 'file'])('it is not served in a folder that others prepared (%s)', async (how) => {
  const shared = temporaryFolder();
  const path = controlPath('/'.padEnd(120, 'f'), shared);
  const folder = join(path, '..');
  if (how === 'open') mkdirSync(folder, { mode: 0o755 });
  if (how === 'link') symlinkSync(temporaryFolder(), folder);
  if (how === 'file') writeFileSync(folder, '');
  const warnings: string[] = [];
  expect(await serveAt(path, warnings)).toBeUndefined();
  expect(warnings).toEqual([expect.stringContaining("other terminals can't join this workspace")]);
  expect(await connectTo(path)).toBeUndefined();
});

test('one who has sent all may still read', async () => {
  const { path } = await served();
  const socket = connect({ path, allowHalfOpen: true });
  socket.end('GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n');
  expect(await readAll(socket)).toContain('401');
});

test('one who says nothing keeps nobody from going', async () => {
  const { path, server } = await served();
  const silent = [connect(path), connect(path)];
  const ends = silent.map(readAll);
  silent[1]!.write('POST /v1/hello HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{');
  await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  await server.close({ handed_over: false });
  await Promise.all(ends);
});

test('of too many connections the last ones are ended, and who is attached stays so', async () => {
  const path = controlPath(temporaryFolder());
  await serveAt(path);
  const host = (await connectTo(path))!;
  const flood = Array.from({ length: 700 }, () => connect(path).on('error', () => {}));
  onTestFinished(() => flood.forEach((socket) => void socket.destroy()));
  const refused = new Promise<void>((resolve) => {
    let count = 0;
    for (const socket of flood) socket.once('close', () => ++count === 200 && resolve());
    for (const socket of flood) socket.resume();
  });
  await refused;
  for (const socket of flood) socket.destroy();
  while ((await host.status().catch(() => undefined)) === undefined) await new Promise(setImmediate);
});

test('garbage is answered, or its connection ended, and the next client is served', async () => {
  const { path, connect: connectClient } = await served();
  const heads = fc.constantFrom(
    '',
    'GET /v1/status HTTP/1.1\r\n',
    'POST /v1/hello HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n',
    'POST /v1/prove HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  );
  await fc.assert(
    fc.asyncProperty(heads, fc.uint8Array({ maxLength: 200 }), async (head, bytes) => {
      const socket = connect(path);
      const end = readAll(socket);
      socket.write(head);
      socket.end(Buffer.from(bytes));
      const said = await end;
      if (said !== '') expect(said).toMatch(/^HTTP\/1\.1 [24]\d\d /);
    }),
    { numRuns: 200 },
  );
  expect(await (await connectClient()).status()).toMatchObject({ program: 'fake' });
});

test('a head without an end is refused', async () => {
  const { path } = await served();
  const socket = connect(path);
  const end = readAll(socket);
  socket.write(`GET /v1/status HTTP/1.1\r\nx: ${'y'.repeat(100_000)}`);
  const said = await end;
  expect(said).toContain('HTTP/1.1 431');
  expect(said).toContain('"code":"invalid_request"');
});

test('a body that is too large is refused, and the next request is served', async () => {
  const { connect: connectClient, path } = await served();
  const host = await connectClient();
  const huge = host.submit({ parts: [{ type: 'text', text: 'x'.repeat(9 * 1024 * 1024) }] });
  await expect(huge).rejects.toMatchObject({ code: 'body_too_large' });
  const socket = connect(path);
  const end = readAll(socket);
  const head =
    'POST /v1/hello HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 999999999\r\n\r\n';
  socket.end(head);
  expect(await end).toContain('"code":"body_too_large"');
  expect(await host.status()).toMatchObject({ program: 'fake' });
});

test('fifty clients at once are each told everything', async () => {
  const { connect: connectClient } = await served();
  const clients = await Promise.all(Array.from({ length: 50 }, connectClient));
  const seen = clients.map(() => [] as number[]);
  const done = clients.map(
    (client, index) =>
      new Promise<void>((resolve) => {
        client.watch('shared', 0, {
          onEvent(event) {
            if (event.id !== null) seen[index]!.push(event.seq);
            if (event.type === 'turn.ended' && event.seq === 103) resolve();
          },
        });
      }),
  );
  const { event_id } = await clients[0]!.submit({
    session_id: 'shared',
    parts: [{ type: 'text', text: 'many 100' }],
  });
  const statuses = await Promise.all(clients.map((client) => client.settled(event_id)));
  expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set(['done']));
  await Promise.all(done);
  const all = Array.from({ length: 103 }, (_, index) => index + 1);
  for (const seqs of seen) expect(seqs).toEqual(all);
});
