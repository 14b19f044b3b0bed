import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { RequestListener } from 'node:http';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../../base/clock.ts';
import { manualClock } from '../../../base/testing/manual-clock.ts';
import { scopeOf } from '../../../base/ip-address.ts';
import type { ToolContext, ToolResult } from '../../../contract/ports.ts';
import { type FakeNet, fakeNet } from '../net/testing/fake-net.ts';
import { type TestHost, testHost } from '../test-host.ts';

const PUBLIC = '93.184.216.34';
const OTHER = '93.184.216.35';

let net: FakeNet;
let hosts: TestHost[];
beforeEach(() => void ((net = fakeNet()), (hosts = [])));
afterEach(() => {
  net.close();
  for (const host of hosts) host.remove();
});

function hostWith(clock: Clock = systemClock, environment = {}): TestHost {
  const host = testHost({ network: net, clock, environment });
  hosts.push(host);
  return host;
}

function open(url: string, context?: Partial<ToolContext>): Promise<ToolResult> {
  return hostWith().call('open', { url }, context);
}

/** A site at a.example, on port 80. */
async function site(listener: RequestListener): Promise<void> {
  net.names.set('a.example', [[PUBLIC]]);
  await net.serve(`${PUBLIC}:80`, listener);
}

function answer(body: string | Buffer, headers: Record<string, string> = {}, status = 200): RequestListener {
  return (_, response) => response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body); // prettier-ignore
}

const to = (location: string, status = 302): RequestListener => (_, response) => void response.writeHead(status, { location }).end(); // prettier-ignore

describe('what is read', () => {
  test('H-106 a page as Markdown, with its title and numbered links; and how it came', async () => {
    await site(
      answer(`<!doctype html><html><head><title> A
        page </title><style>p{}</style></head><body><nav><a href="/home">Home</a></nav><h2>Größe</h2>
        <p>See <a href="b?x=1#y">this</a>, <a href="https://other.example/">that</a> and <a href="b?x=1#y">this again</a>,
        <a href="javascript:alert(1)">not this</a>.</p><img src="x.png" alt="a picture"><pre><code>let x = 1;\n  y</code></pre>
        <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table><script>alert(1)</script></body></html>`),
    );
    const result = await open('http://a.example/dir/page');
    expect(result).toMatchObject({ outcome: 'ok', taint: ['web:a.example'], output_truncated: false });
    expect(result.output).toBe(`# A page
http://a.example/dir/page

## Größe

See [this][1], [that][2] and [this again][1], not this.

[image: a picture]

\`\`\`
let x = 1;
  y
\`\`\`

| a | b |
| 1 | 2 |

[1]: http://a.example/dir/b?x=1#y
[2]: https://other.example/

[200 OK, text/html; charset=utf-8, 700 bytes from ${PUBLIC}]`.replace('700', String(/(\d+) bytes from/.exec(result.output)![1]))); // prettier-ignore
    expect(net.connected).toEqual([`${PUBLIC}:80`]);
  });

  test('of a page with much around it the article', async () => {
    const paragraph = '<p>Long sentences, with commas, that say something, and go on, as those of articles do, for a while.</p>'; // prettier-ignore
    await site(answer(`<title>T</title><div class="sidebar">Buy this now</div><article><h1>T</h1>${paragraph.repeat(20)}</article><div id="comments">first!</div>`)); // prettier-ignore
    const { output } = await open('http://a.example/');
    expect(output).toContain('Long sentences');
    expect(output).not.toMatch(/first!|Buy this/);
  });

  test('texts as they are', async () => {
    await site(answer('{"a": [1,\r\n2]}', { 'content-type': 'application/vnd.api+json' }));
    expect((await open('http://a.example/')).output).toMatch(
      /^http:\/\/a\.example\/\n\n\{"a": \[1,\n2\]\}\n\n\[200 OK/,
    );
  });

  test.each([
    ['said by the server', Buffer.from('gr\xf6\xdfe', 'latin1'), 'text/plain; charset=ISO-8859-1', 'größe'],
    ['said by the page', Buffer.from('<meta charset="windows-1251"><p>\xcf\xf0\xe8\xe2\xe5\xf2', 'latin1'), 'text/html', 'Привет'], // prettier-ignore
    ['said by a mark', Buffer.from('\ufeffgröße', 'utf16le'), 'text/plain', 'größe'],
    ['said by nobody, and UTF-8', Buffer.from('größe'), 'text/plain', 'größe'],
    ['said by nobody, and not UTF-8', Buffer.from('gr\xf6\xdfe', 'latin1'), 'text/plain', 'größe'],
    ['said wrongly', Buffer.from('gr\xf6\xdfe!', 'latin1'), 'text/plain; charset=utf-8', 'gr\ufffd\ufffde!'],
    ['that nobody knows', Buffer.from('größe'), 'text/plain; charset=x-none', 'größe'],
  ])('a charset %s', async (_, bytes, type, text) => {
    await site(answer(bytes, { 'content-type': type }));
    expect((await open('http://a.example/')).output).toContain(text);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('compressed by %s', async (encoding, compress) => {
    await site(answer(compress('<p>small'), { 'content-encoding': encoding }));
    expect((await open('http://a.example/')).output).toContain('\n\nsmall\n\n');
  });

  test.each([
    ['unclosed', '<p>one<p><b>two<i>three</b>four<table><td>five<a href=x>six'],
    ['no page at all', 'just words'],
    ['frames within frames', '<html><html><body><body><p>one<html>'],
    ['tags cut off', '<p>text</p><div class="'],
  ])('broken HTML: %s', async (_, html) => {
    await site(answer(html));
    const { outcome, output } = await open('http://a.example/');
    expect([outcome, /one|words|text/.test(output)]).toEqual(['ok', true]);
  });

  test('nested deeper than the stack: the bare text', async () => {
    await site(answer(`<title>T</title>${'<b>'.repeat(1_500)}deep down<script>no</script>`));
    const { output } = await open('http://a.example/');
    expect(output).toContain('deep down');
    expect(output).not.toContain('no<');
  });

  test('a long text is cut at a whole character', async () => {
    await site(answer('ä'.repeat(600_000) + 'end', { 'content-type': 'text/plain' }));
    const { output, output_truncated } = await open('http://a.example/');
    expect(output_truncated).toBe(true);
    expect(output).not.toMatch(/\ufffd|end\n/);
    expect(output).toMatch(/ä\n\n\[200 OK.*; cut\]$/);
  });

  test('what is asked for says who asks, and nothing else of us', async () => {
    let headers = {};
    await site((request, response) => {
      headers = request.headers;
      response.writeHead(200, { 'content-type': 'text/plain', 'set-cookie': 'a=b' }).end('x');
    });
    await open('http://a.example/x?q=1#part');
    expect(headers).toEqual({
      host: 'a.example',
      'user-agent': expect.stringMatching(/^runtime\/\d/) as string,
      accept: expect.any(String) as string,
      'accept-encoding': 'gzip, deflate, br',
      connection: 'close',
    });
  });
});

describe('what is not', () => {
  test('404 is an error with what the page says', async () => {
    await site(answer('<p>nothing here', {}, 404));
    expect(await open('http://a.example/x')).toMatchObject({
      outcome: 'error',
      error: { code: 'http_error', message: 'http://a.example/x says 404 Not Found' },
      output: expect.stringContaining('nothing here') as string,
      taint: ['web:a.example'],
    });
  });

  test.each([
    ['application/pdf', '%PDF-1.7', 'is application/pdf: only pages and texts are read'],
    ['image/png', 'x', 'is image/png: only pages and texts are read'],
    ['text/plain', 'a\0b', 'is no text'],
    ['', 'a\0b', 'is no text'],
  ])('the type %j', async (type, body, why) => {
    await site((_, response) => {
      if (type !== '') response.setHeader('content-type', type);
      response.end(body);
    });
    expect(await open('http://a.example/x')).toMatchObject({
      outcome: 'error',
      error: { code: 'wrong_type', message: `http://a.example/x ${why}` },
      taint: ['web:a.example'],
    });
  });

  test('what a server says of it in words of its own taints, too: its encoding, and where it led', async () => {
    const loop: RequestListener = (_, response) => void response.writeHead(302, { location: '/do-this' }).end();
    for (const listener of [answer('x', { 'content-encoding': 'do this' }), loop, to('file:///do/this')]) {
      await site(listener);
      expect(await open('http://a.example/')).toMatchObject({ outcome: 'error', taint: ['web:a.example'] });
    }
  });

  const MEGABYTE = Buffer.alloc(1024 * 1024, 97);
  test.each<[string, RequestListener]>([
    ['by what it says', (_, response) => void response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '6000000' }).write('x')], // prettier-ignore
    ['by what comes, without an end', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const more = (): void => void (response.write(MEGABYTE) ? setImmediate(more) : response.once('drain', more));
      more();
    }],
    ['by what it unpacks to', answer(gzipSync(Buffer.alloc(50 * 1024 * 1024)), { 'content-encoding': 'gzip' })],
  ])('too large %s', async (_, listener) => {
    await site(listener);
    expect(await open('http://a.example/')).toMatchObject({
      outcome: 'error',
      error: { code: 'too_large', message: 'http://a.example/ is larger than 5242880 bytes' },
      output: '',
    });
  }); // prettier-ignore

  test.each([
    ['packed in an unknown way', answer('x', { 'content-encoding': 'zstd-2' })],
    ['broken where it is packed', answer(gzipSync('x'.repeat(10_000)).fill(0, 20), { 'content-encoding': 'gzip' })],
  ])('%s', async (_, listener) => {
    await site(listener);
    expect(await open('http://a.example/')).toMatchObject({ outcome: 'error', error: { code: 'unreadable' } });
  });

  test('no HTTP, a connection that breaks, and nobody there', async () => {
    net.names.set('a.example', [[PUBLIC]]);
    await net.put(
      `${PUBLIC}:80`,
      createServer((socket) => void socket.end('SSH-2.0-OpenSSH\r\n')),
    );
    await net.put(`${PUBLIC}:81`, createServer((socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\ncontent-type: text/plain\r\n\r\nx')))); // prettier-ignore
    await net.put(
      `${PUBLIC}:82`,
      createServer((socket) => void socket.destroy()),
    );
    const code = async (port: number): Promise<unknown> => (await open(`http://a.example:${port}/`)).error?.code;
    expect([await code(80), await code(81), await code(82), await code(83)]).toEqual([
      'unreadable',
      'no_connection',
      'no_connection',
      'no_connection',
    ]);
  });

  test('a name that nobody has', async () => {
    expect(await open('http://none.example/')).toMatchObject({
      outcome: 'error',
      error: { code: 'name_not_found', message: 'there is no host none.example' },
      taint: [],
    });
  });

  test('C-96: one that drips is given up at the deadline', async () => {
    const clock = manualClock();
    await site((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('x');
      setImmediate(() => clock.pass(30_000));
    });
    expect(await hostWith(clock).call('open', { url: 'http://a.example/' })).toMatchObject({
      outcome: 'timeout',
      error: { code: 'timeout', message: 'it took longer than 30 s' },
    });
  });

  test('a name server, or a host, that never answers', async () => {
    const clock = manualClock();
    net.resolve = () => {
      setImmediate(() => clock.pass(30_000));
      return new Promise(() => undefined);
    };
    expect(await hostWith(clock).call('open', { url: 'http://a.example/' })).toMatchObject({ outcome: 'timeout' });
  });

  test('a page that takes too long to be made readable', async () => {
    const clock = manualClock();
    await site(answer(`<pre>${' '.repeat(1_000_000)}x`));
    const call = hostWith(clock).call('open', { url: 'http://a.example/' });
    let isOver = false;
    void call.finally(() => (isOver = true));
    while (!isOver) {
      await new Promise(setImmediate);
      clock.step(11_000);
    }
    expect(await call).toMatchObject({ outcome: 'error', error: { code: 'unreadable' } });
  });

  test('what is stopped', async () => {
    const stop = new AbortController();
    await site(() => stop.abort());
    expect(await open('http://a.example/', { signal: stop.signal })).toMatchObject({ outcome: 'canceled' });
  });

  test('a proxy of the environment is not gone round, but for places that are not public', async () => {
    await site(answer('x'));
    const opened = async (environment: Record<string, string>): Promise<unknown> =>
      (await hostWith(systemClock, environment).call('open', { url: 'http://a.example/' })).error?.code;
    expect(await opened({ HTTP_PROXY: 'http://proxy.example' })).toBe('proxy');
    expect(await opened({ HTTPS_PROXY: 'http://proxy.example' })).toBeUndefined();
    expect(await opened({ http_proxy: 'http://proxy.example', NO_PROXY: 'b.example, .example' })).toBeUndefined();
    expect(await opened({ http_proxy: 'http://proxy.example', NO_PROXY: 'a.example:81' })).toBe('proxy');
    expect(await opened({ http_proxy: 'http://proxy.example', no_proxy: '*' })).toBeUndefined();
  });
});

describe('redirects', () => {
  test('on the same host they are followed, and the name is looked up once', async () => {
    net.names.set('a.example', [[PUBLIC], ['127.0.0.1']]);
    await net.serve(`${PUBLIC}:80`, (request, response) =>
      request.url === '/a' ? to('/b', 301)(request, response) : answer('<p>here')(request, response),
    );
    const { output } = await open('http://a.example/a');
    expect(output).toContain('http://a.example/b\n\nhere');
    expect([net.asked, net.connected]).toEqual([['a.example'], [`${PUBLIC}:80`, `${PUBLIC}:80`]]);
  });

  test.each([
    ['another host', 'http://b.example/x', 'http://b.example/x'],
    ['another port', 'http://a.example:8080/', 'http://a.example:8080/'],
    ['a name below', '//www.a.example/', 'http://www.a.example/'],
    ['H-104 this machine', 'http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
    ['H-104 what tells credentials', 'http://2852039166/latest', 'http://169.254.169.254/latest'],
  ])('to %s they are told, and nobody connects there', async (_, location, told) => {
    await site(to(location));
    expect(await open('http://a.example/')).toMatchObject({
      outcome: 'ok',
      output: `http://a.example/ leads to another place (302), which was not opened. If it is wanted, open it:\n${told}`,
      taint: ['web:a.example'],
    });
    expect(net.connected).toEqual([`${PUBLIC}:80`]);
  });

  test.each(['file:///etc/passwd', 'http://user:word@a.example/', 'gopher://a.example/', 'http://[::1'])(
    'H-104 to %s they are refused',
    async (location) => {
      await site(to(location));
      expect(await open('http://a.example/')).toMatchObject({ outcome: 'error', error: { code: 'redirect_refused' } });
    },
  );

  test('one after another without end', async () => {
    let hops = 0;
    await site((request, response) => to(`/${++hops}`)(request, response));
    expect(await open('http://a.example/')).toMatchObject({ outcome: 'error', error: { code: 'too_many_redirects' } });
    expect(hops).toBe(6);
  });
});

describe('only where it may', () => {
  test('C-95: a name that leads to a private place, or also to one', async () => {
    for (const addresses of [['10.0.0.1'], [PUBLIC, '127.0.0.1'], ['::1', PUBLIC], ['169.254.169.254'], []]) {
      net.names.set('a.example', [addresses]);
      expect(await open('http://a.example/')).toMatchObject({ outcome: 'error', error: { code: 'private_address' } });
    }
    expect(net.connected).toEqual([]);
  });

  test('a name that leads elsewhere a moment later: what was looked at is what is connected to', async () => {
    net.names.set('a.example', [[PUBLIC], ['127.0.0.1'], ['127.0.0.1']]);
    await net.serve(`${PUBLIC}:80`, answer('<p>here'));
    const host = hostWith();
    const request = host.request('open', { url: 'http://a.example/' });
    const inspection = await host.host.inspect(request);
    expect([net.asked, inspection.facts.hosts]).toEqual([[], [{ arg: 'url', url: 'http://a.example/', host: 'a.example', port: 80, addresses: [] }]]); // prettier-ignore
    expect(await host.run(request, inspection)).toMatchObject({ outcome: 'ok' });
    expect([net.asked, net.connected]).toEqual([['a.example'], [`${PUBLIC}:80`]]);
    expect(await host.run(request, inspection)).toMatchObject({ error: { code: 'private_address' } });
    expect(net.connected).toEqual([`${PUBLIC}:80`]);
  });

  test('a second address where the first is dead, and no third', async () => {
    net.names.set('a.example', [[OTHER, PUBLIC]]);
    await net.serve(`${PUBLIC}:80`, answer('<p>here'));
    expect((await open('http://a.example/')).output).toContain(`from ${PUBLIC}]`);
    expect(net.connected).toEqual([`${OTHER}:80`, `${PUBLIC}:80`]);
  });

  test('this machine where it is opened, never asked for by name', async () => {
    await net.serve('127.0.0.1:8080', answer('<p>here'));
    const mayConnect: ToolContext['mayConnect'] = ({ port, addresses }) => port === 8080 && addresses[0] === '127.0.0.1'; // prettier-ignore
    for (const host of ['127.1', 'localhost', 'a.localhost']) {
      expect(await open(`http://${host}:8080/`, { mayConnect })).toMatchObject({ outcome: 'ok' });
      expect(await open(`http://${host}:8081/`, { mayConnect })).toMatchObject({ error: { code: 'private_address' } });
    }
    expect(net.asked).toEqual([]);
  });

  test('whatever the URL says, nothing but the public is ever connected to', async () => {
    const special = ['127.0.0.1', '127.1', '0x7f.1', '[::1]', '[::ffff:10.0.0.1]', 'localhost', '2852039166', 'a.example', 'evil.example', PUBLIC]; // prettier-ignore
    const place = fc.oneof(fc.constantFrom(...special), fc.ipV4(), fc.ipV6().map((one) => `[${one}]`), fc.webAuthority(), fc.nat().map(String), fc.string()); // prettier-ignore
    const url = fc
      .tuple(
        fc.constantFrom('http://', 'https://', 'HTTP:/\\', 'http:', ' http://', 'ftp://', ''),
        fc.constantFrom('', 'a@', 'a:b@', PUBLIC + '#@', '%'),
        place,
        fc.constantFrom('', '.', ':80', ':8080', '\\@127.0.0.1', '#', '\t'),
        fc.constantFrom('', '/', '/x'),
      ) // prettier-ignore
      .map((parts) => parts.join(''));
    const host = hostWith();
    const addresses = fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom(PUBLIC, '10.0.0.1')), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(url, addresses, async (text, found) => {
        net.connected = [];
        net.resolve = () => Promise.resolve(found);
        const request = host.request('open', { url: text });
        const inspection = await host.host.inspect(request);
        if (inspection.invalid) return;
        await host.run(request, inspection);
        for (const one of net.connected) expect(scopeOf(one.replace(/:\d+$/, ''))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('secured', () => {
  const folder = mkdtempSync(join(tmpdir(), 'open-tls-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=DNS:a.example,IP:127.0.0.1';
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=a.example', '-addext', names, '-keyout', key, '-out', cert]); // prettier-ignore
  const tls = made.status === 0 ? { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') } : undefined;

  test.skipIf(!tls)('a page is for the host that its URL names', async () => {
    net.ca = tls!.cert;
    net.names.set('a.example', [[PUBLIC]]);
    await net.serveSecured(`${PUBLIC}:443`, tls!, (request, response) => answer(`<p>for ${request.headers.host}`)(request, response)); // prettier-ignore
    expect((await open('https://A.example./x')).output).toContain('https://a.example/x\n\nfor a.example');
  });

  test.skipIf(!tls)(
    'no redirect leads from the open door to the secured one of the same host, nor back: rules tell them apart',
    async () => {
      net.ca = tls!.cert;
      await site((_, response) => void response.writeHead(301, { location: 'https://A.example./x' }).end());
      expect((await open('http://a.example/')).output).toContain('open it:\nhttps://a.example/x');
      expect(net.connected.splice(0)).toEqual([`${PUBLIC}:80`]);
      net.ca = tls!.cert;
      net.names.set('a.example', [[PUBLIC]]);
      await net.serveSecured(`${PUBLIC}:443`, tls!, (_, response) => void response.writeHead(302, { location: 'http://a.example/' }).end()); // prettier-ignore
      expect((await open('https://a.example/')).output).toContain('open it:\nhttp://a.example/');
      expect(net.connected).toEqual([`${PUBLIC}:443`]);
    },
  );

  test.skipIf(!tls)('an address has its certificate, too', async () => {
    net.ca = tls!.cert;
    await net.serveSecured('127.0.0.1:443', tls!, answer('<p>here'));
    expect((await open('https://127.0.0.1/', { mayConnect: () => true })).output).toContain('here');
  });

  test.skipIf(!tls)('a certificate that nobody vouches for, or of another host', async () => {
    net.names.set('a.example', [[PUBLIC]]).set('b.example', [[PUBLIC]]);
    await net.serveSecured(`${PUBLIC}:443`, tls!, answer('<p>here'));
    const untrusted = await open('https://a.example/');
    net.ca = tls!.cert;
    for (const result of [untrusted, await open('https://b.example/')]) {
      expect(result).toMatchObject({ outcome: 'error', error: { code: 'tls', message: expect.stringMatching(/^the certificate of [ab]\.example:443 is not trusted \([A-Z_0-9]+\)$/) as string } }); // prettier-ignore
    }
  });
});
