/** What may come over TCP to a daemon, in error or to harm it: answered or cut off, and the next one is answered too. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { readEvents } from './support/event-stream.ts';
import { entriesOf, expectVerified, test, until } from './support/place.ts';
import { fill, onSmallDisk } from './support/small-disk.ts';

const { version: VERSION } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string;
};

const MiB = 1024 * 1024;

interface Raw {
  socket: Socket;
  /** All that was answered, when the connection has ended. */
  ended: Promise<string>;
}

/** A connection on which a test writes what it wants. */
function open({ url }: Daemon): Raw {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  socket.on('error', () => {}); // it may be cut off while something is written
  return { socket, ended: new Promise((resolve) => socket.once('close', () => resolve(text))) };
}

/** Sends lines as they are and gives the whole answer. */
function sendRaw(daemon: Daemon, ...lines: string[]): Promise<string> {
  const { socket, ended } = open(daemon);
  socket.write(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
  return ended;
}

const head = (daemon: Daemon, line: string, ...headers: string[]): string[] => [
  line,
  `Host: ${new URL(daemon.url).host}`,
  `Authorization: Bearer ${daemon.token}`,
  ...headers,
];

async function expectWell(daemon: Daemon): Promise<void> {
  expect((await daemon.ask('GET', '/v1/status')).status).toBe(200);
}

/** Resident bytes of the process. */
function memoryOf({ pid }: Daemon): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

describe('who is asked', () => {
  test('is this host, by address or an allowed name, and no page of another asks', async ({ place }) => {
    place.configure({ server: { allowed_hosts: ['agents.example.org'] } });
    const daemon = await startDaemon(place);
    const { port } = new URL(daemon.url);
    const ask = async (...headers: string[]): Promise<string> => {
      const token = `Authorization: Bearer ${daemon.token}`;
      const answer = await sendRaw(daemon, 'GET /v1/status HTTP/1.1', token, 'Connection: close', ...headers, '');
      return answer.split(' ')[1]!;
    };
    for (const host of [
      `127.0.0.1:${port}`,
      'localhost',
      `[::1]:${port}`,
      'agents.example.org',
      'AGENTS.example.org:1',
    ]) {
      expect(await ask(`Host: ${host}`), host).toBe('200');
    }
    for (const host of ['evil.example.com', 'agents.example.org.evil.com', 'a b', '127.0.0.1@evil.com', '']) {
      expect(await ask(`Host: ${host}`), host).toMatch(/^40[03]$/);
    }
    for (const origin of ['https://example.com', 'null', 'http://127.0.0.1:1', 'file://']) {
      expect(await ask(`Host: 127.0.0.1:${port}`, `Origin: ${origin}`), origin).toBe('403');
    }
    expect(await ask(`Host: 127.0.0.1:${port}`, `Origin: ${daemon.url}`)).toBe('200');
    expect(await ask()).toBe('400');
    const host = `Host: 127.0.0.1:${port}`;
    for (const twice of [
      [host, 'Host: evil.example.com'], [host, host], [host, 'Authorization: Bearer other'], [host, `Origin: ${daemon.url}`, 'Origin: null'],
    ]) expect(await ask(...twice), twice.at(-1)).toBe('400'); // prettier-ignore
  });
});

describe('a request', () => {
  test('has an id of ours, whatever it brings', async ({ place }) => {
    const daemon = await startDaemon(place);
    const refused = await daemon.ask('GET', '/v1/events/e-none', undefined, { 'x-request-id': 'mine' });
    const { request_id } = (await refused.json()) as { request_id: string };
    expect(request_id).toMatch(/^r-[0-9a-z]{26}$/);
    expect(refused.headers.get('x-request-id')).toBe(request_id);
    expect((await daemon.ask('GET', '/v1/status')).headers.get('x-request-id')).not.toBe(request_id);
  });

  test('with another body than there can be is refused', async ({ place }) => {
    const daemon = await startDaemon(place);
    for (const [body, detail] of [
      ['{"content":', 'not valid JSON'],
      ['{"content":"a","content":"b"}', 'twice'],
      ['{"content":1}', 'content must be: string'],
      ['{"content":"hi","colour":"red"}', '"colour"'],
      ['{"content":"hi","__proto__":{"a":1}}', ''],
      ['[]', 'object'],
      ['null', 'object'],
      ['['.repeat(40_000), ''],
      [`{"${'k'.repeat(MiB)}":1}`, 'unknown field'],
      [`{"${'k'.repeat(MiB)}":1,"${'k'.repeat(MiB)}":2}`, 'the key'],
      ['{"content":"hi","root":"/a\\u0000b"}', 'root'],
      // The daemon would end where its session names a blob that isn't there.
      [`{"parts":[{"type":"file","blob":"sha256:${'0'.repeat(64)}","media_type":"a/b","bytes":1}]}`, 'parts.0'],
    ] as const) {
      const answer = await fetch(`${daemon.url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
        body,
      });
      const { code, detail: said } = (await answer.json()) as { code: string; detail: string };
      expect([answer.status, code], body.slice(0, 40)).toEqual([400, 'invalid_request']);
      expect(said).toContain(detail);
      expect(said.length, body.slice(0, 40)).toBeLessThan(1000);
    }
    await expectWell(daemon);
  });

  test('with an odd path or id is refused, and nothing is read or made for it', async ({ place }) => {
    const daemon = await startDaemon(place);
    const { hostname, port } = new URL(daemon.url);
    for (const path of [
      '/v1/sessions/..%2f..%2fconfig.yaml/entries',
      '/v1/sessions/%2e%2e',
      '/v1/sessions/../../etc/passwd',
      '/v1/sessions/a%00b',
      '/v1/sessions/%ff',
      '/v1/sessions/a%0d%0ax-evil:%201',
      `/v1/sessions/${'x'.repeat(10_000)}`,
      `/v1/events/${'x'.repeat(10_000)}`,
      '/v1/approvals/..%2fx',
      '//evil/v1/status',
      `http://${hostname}:${port}/v1/sessions/..%2fx`,
      '/v1/sessions/%F0%9F%92%A9/stream',
      '*',
    ]) {
      const answer = await sendRaw(daemon, ...head(daemon, `GET ${path} HTTP/1.1`, 'Connection: close'), '');
      expect(answer, path).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer.toLowerCase(), path).not.toMatch(/^x-evil/m);
      expect(answer.length, path).toBeLessThan(2000);
    }
    await expectWell(daemon);
  });

  test('whose header is injected, too long or none of HTTP is refused', async ({ place }) => {
    const daemon = await startDaemon(place);
    const status = (answer: string): string => answer.split('\r\n')[0]!;
    const long = `X-Long: ${'x'.repeat(20_000)}`;
    expect(status(await sendRaw(daemon, ...head(daemon, 'GET /v1/status HTTP/1.1', long), ''))).toContain('431');
    const both = head(daemon, 'POST /v1/events HTTP/1.1', 'Content-Length: 3', 'Transfer-Encoding: chunked');
    expect(status(await sendRaw(daemon, ...both, '', '0', ''))).toContain('400');
    expect(status(await sendRaw(daemon, 'hello', ''))).toContain('400');
    expect(status(await sendRaw(daemon, 'GET /v1/status HTTP/1.1\rX: y', ''))).toContain('400');
    const injected = head(
      daemon,
      'GET /v1/sessions/one/stream HTTP/1.1',
      'Last-Event-ID: 1\rx-evil: 1',
      'Connection: close',
    );
    expect(await sendRaw(daemon, ...injected, '')).not.toMatch(/^x-evil/m);
    await expectWell(daemon);
  });

  test('HEAD and OPTIONS are answered, other methods are named', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'hello' } }]);
    const daemon = await startDaemon(place);
    const { accepted } = await daemon.send({ content: 'hi' });
    for (const path of ['/health', '/readyz', '/v1/status', accepted.stream_url]) {
      const answer = await daemon.ask('HEAD', path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, '']);
    }
    const options = await daemon.ask('OPTIONS', '/v1/sessions/one');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, DELETE, HEAD, OPTIONS']);
    const patch = await daemon.ask('PATCH', '/v1/sessions/one');
    expect([patch.status, patch.headers.get('allow')]).toEqual([405, 'GET, DELETE, HEAD, OPTIONS']);
    expect(options.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('follows another on the same connection', async ({ place }) => {
    const daemon = await startDaemon(place);
    const { socket, ended } = open(daemon);
    const one = [...head(daemon, 'GET /v1/status HTTP/1.1'), '', ''].join('\r\n');
    socket.write(one + one + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect((await ended).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  });
});

describe('a body of 100 MB', () => {
  test.for(['said before', 'in chunks'])('%s: 413 before it has come, and little is held', async (how, { place }) => {
    const daemon = await startDaemon(place);
    const before = memoryOf(daemon);
    const { socket, ended } = open(daemon);
    const length = how === 'in chunks' ? 'Transfer-Encoding: chunked' : `Content-Length: ${100 * MiB}`;
    const lines = head(daemon, 'POST /v1/events HTTP/1.1', 'Content-Type: application/json', length);
    socket.write([...lines, '', ''].join('\r\n'));
    const piece = Buffer.alloc(MiB, ' ');
    let sent = 0;
    while (sent < 100 && !socket.destroyed) {
      const bytes =
        how === 'in chunks' ? Buffer.concat([Buffer.from('100000\r\n'), piece, Buffer.from('\r\n')]) : piece;
      if (!socket.write(bytes)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended]);
      sent++;
    }
    expect(await ended).toMatch(/^HTTP\/1\.1 413 /);
    expect(memoryOf(daemon) - before).toBeLessThan(60 * MiB);
    await expectWell(daemon);
  });
});

describe('a client that takes its time', () => {
  test('with its head is cut off, and others are answered meanwhile', async ({ place }) => {
    const daemon = await startDaemon(place);
    const slow = Array.from({ length: 200 }, () => open(daemon));
    for (const { socket } of slow) socket.write('GET /v1/status HTTP/1.1\r\nX-Slow: ');
    const dripping = setInterval(() => slow.forEach(({ socket }) => socket.write('x')), 500);
    await expectWell(daemon);
    const answers = await Promise.all(slow.map(({ ended }) => ended));
    clearInterval(dripping);
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 |^$/);
    await expectWell(daemon);
  });
});

describe('connections', () => {
  test('of whoever keeps many open take no turn the files that it needs', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'long '.repeat(5000), stall: '1s' } }]); // a blob is made of it
    const daemon = await startDaemon(place, [], { shell: 'ulimit -n 256; exec "$@"' });
    await daemon.ask('POST', '/v1/events', { content: 'hi', session_id: 'one' });
    const many = Array.from({ length: 300 }, () => open(daemon));
    const ends = (): object[] => entriesOf(place.journal('one'), 'turn.ended');
    await until('the turn has ended', () => ends().length > 0 || daemon.child.exitCode !== null);
    expect(ends()).toMatchObject([{ reason: 'success' }]);
    for (const { socket } of many) socket.destroy();
    await expectWell(daemon);
  });
});

describe('readers of a stream', () => {
  test('two thousand are told of a turn, and cost little', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'hello' } }]);
    const daemon = await startDaemon(place);
    await daemon.send({ content: 'hi', session_id: 'one' });
    const { seq } = (await (await daemon.ask('GET', '/v1/sessions/one')).json()) as { seq: number };
    const before = memoryOf(daemon);
    let told = 0;
    const lines = [...head(daemon, `GET /v1/sessions/one/stream?after=${seq} HTTP/1.1`), '', ''].join('\r\n');
    const readers = await Promise.all(
      Array.from({ length: 2000 }, async () => {
        const { socket } = open(daemon);
        let ready = false;
        const first = new Promise<void>((resolve) => {
          socket.on('data', (text: string) => {
            if (!ready) resolve();
            ready = true;
            if (text.includes('event: turn.ended')) told++;
          });
        });
        socket.write(lines);
        await first;
        return socket;
      }),
    );
    const each = (memoryOf(daemon) - before) / readers.length;
    await daemon.send({ content: 'hi', session_id: 'one' });
    for (let tries = 0; told < readers.length && tries < 200; tries++) await delay(50);
    expect(told).toBe(readers.length);
    expect(each).toBeLessThan(150 * 1024); // the benchmark looks at it more closely
    await expectWell(daemon);
    for (const socket of readers) socket.destroy();
  });

  test('H-140: come back with the last id, and miss nothing', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'hello' } }]);
    const daemon = await startDaemon(place);
    const { accepted } = await daemon.send({ content: 'hi', session_id: 'one' });
    const first = await readEvents(daemon, accepted.stream_url);
    await first.until('turn.ended');
    first.close();
    const last = first.messages.findLast(({ id }) => id !== undefined)!.id!;
    await daemon.send({ content: 'again', session_id: 'one' });
    const second = await readEvents(daemon, accepted.stream_url, { 'last-event-id': last });
    const events = await second.until('turn.ended');
    second.close();
    const seqs = events.filter(({ id }) => id !== null).map(({ seq }) => seq);
    const from = Number(last.split('-')[0]) + 1;
    expect(seqs).toEqual(seqs.map((_, index) => from + index));
  });
});

describe('TLS', () => {
  test('is spoken with a certificate, and then alone', async ({ place, skip }) => {
    const [cert, key] = [join(place.home, 'cert.pem'), join(place.home, 'key.pem')];
    const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost';
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
    const made = spawnSync('openssl', [...request.split(' '), ...names]);
    if (made.status !== 0) return skip('no openssl here');
    place.configure({ server: { tls: { cert, key } } });
    const daemon = await startDaemon(place);
    expect(daemon.url).toMatch(/^https:/);
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { authorization: `Bearer ${daemon.token}` };
      get(`${daemon.url}/v1/status`, { ca: readFileSync(cert), headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      }).on('error', reject);
    });
    expect(status).toBe(200);
    expect(await sendRaw(daemon, 'GET /health HTTP/1.1', 'Host: 127.0.0.1', '')).not.toContain('200 OK');
    const half = open(daemon); // its handshake comes to no end
    half.socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]));
    await once(half.socket, 'connect');
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
    place.configure({ server: { tls: { cert } } });
    expect(await place.run(['--workspace', 'other', 'daemon', '--port', '0'])).toMatchObject({ code: 2, stdout: '' });
    place.configure({ server: { tls: { cert: key, key: cert } } });
    expect(await place.run(['--workspace', 'other', 'daemon', '--port', '0'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('health', () => {
  test('H-138: is told to everyone, and no more than that', async ({ place }) => {
    const daemon = await startDaemon(place);
    const health = (await (await fetch(`${daemon.url}/health`)).json()) as object;
    expect(health).toEqual({
      status: 'ok',
      version: VERSION,
      components: { store: 'ok', disk: 'ok', queue: 'ok', schedules: 'ok' },
    });
    for (const path of ['/readyz', '/readyz?from=probe']) {
      expect(await (await fetch(`${daemon.url}${path}`)).json()).toEqual({ status: 'ready' });
    }
  });

  test.for([0, 10])(
    'A-14: a disk with %i pages left: said, and nothing is acknowledged that is not on it',
    async (pages, { place, skip }) => {
      const could = await onSmallDisk(place, 'mode=700', async () => {
        place.play([{ match: { any: true }, reply: { text: 'hello' } }]);
        const daemon = await startDaemon(place);
        await daemon.send({ content: 'before', session_id: 'before' });
        const filler = join(place.home, 'filler');
        fill(filler, pages * 4096);
        const acknowledged: string[] = [];
        for (let refused = 0; refused < 3;) {
          const answer = await daemon.ask('POST', '/v1/events', { content: 'x'.repeat(3000) });
          const body = (await answer.json()) as { event_id: string; code: string };
          if (answer.status === 202) {
            acknowledged.push(body.event_id);
            continue;
          }
          expect([answer.status, body.code, answer.headers.get('retry-after')]).toEqual([503, 'disk_full', '1']);
          refused++;
        }
        const health = await fetch(`${daemon.url}/health`);
        expect([health.status, await health.json()]).toMatchObject([503, { components: { disk: 'full' } }]);
        expect(await (await fetch(`${daemon.url}/readyz`)).json()).toEqual({ status: 'failing', failing: ['disk'] });

        rmSync(filler);
        expect((await daemon.send({ content: 'space' })).status).toMatchObject({ status: 'done' });
        process.kill(daemon.pid, 'SIGKILL');
        await daemon.ended;
        const next = await startDaemon(place);
        for (const event_id of acknowledged) {
          const answer = await next.ask('GET', `/v1/events/${event_id}?wait_ms=20000`);
          expect(await answer.json()).toMatchObject({ status: 'done', reason: 'success' });
        }
        await expectVerified(place, 'before');
      });
      if (!could) skip('only root can make a small disk');
    },
  );
});

test('a daemon with a configuration of its own changes that one', async ({ place }) => {
  place.play([]);
  const own = join(place.home, 'config.yaml');
  place.write('other.yaml', readFileSync(own, 'utf8'));
  const before = readFileSync(own, 'utf8');
  const other = join(place.project, 'other.yaml');
  const daemon = await startDaemon(place, ['--config', other]);
  const answer = await daemon.ask('POST', '/v1/policy', { tool: 'exec_command', verdict: 'deny' });
  expect([answer.status, await answer.json()]).toEqual([200, { path: other, changed: true }]);
  expect(readFileSync(own, 'utf8')).toBe(before);
});

test('a change of the policy goes into the configuration, and into no other file', async ({ place }) => {
  place.play([]);
  const daemon = await startDaemon(place);
  const change = async (file?: string): Promise<[number, string]> => {
    const body = { tool: 'exec_command', verdict: 'deny', ...(file !== undefined && { file }) };
    const answer = await daemon.ask('POST', '/v1/policy', body);
    return [answer.status, await answer.text()];
  };
  place.write('rc', '# mine\n');
  for (const path of [join(place.project, 'rc'), join(place.project, 'none.yaml'), '/dev/zero']) {
    expect(await change(path)).toEqual([400, expect.stringMatching(/invalid_request[^]*Leave `file` out/)]);
  }
  expect([place.read('rc'), place.read('none.yaml')]).toEqual(['# mine\n', '']);
  const own = join(place.home, 'config.yaml');
  expect(await change(own)).toEqual([200, JSON.stringify({ path: own, changed: true })]);
  expect(await change()).toEqual([200, JSON.stringify({ path: own, changed: false })]);
  const other = join(place.project, 'other.yaml');
  place.write('other.yaml', readFileSync(own, 'utf8'));
  const set = await place.run(['policy', 'set', 'exec_command', '--allow', '--config', other]);
  expect(set, 'who sits at the machine says which').toMatchObject({ code: 0 });
});
