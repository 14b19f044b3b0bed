/** The tool `open`, and what guards it, as a turn uses them. H-numbers: the prior art's checks. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect } from 'vitest';
import { entriesOf, expectVerified, type Place, test } from './support/place.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A site on the loopback: its address, and the paths that were asked for. */
async function serve(listener: RequestListener): Promise<{ at: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { at: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const page: RequestListener = (_, response) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Kept here</title><p>See <a href="/more">more</a>.'); // prettier-ignore

function play(place: Place, url: string, config: object): void {
  place.play(
    [
      { match: { tool_result: 'open' }, reply: { text: '{{result}}' } },
      { match: { any: true }, reply: { calls: [{ tool: 'open', arguments: { url } }] } },
    ],
    config,
  );
}

async function check(place: Place, tool: string, args: object, ...flags: string[]): Promise<string> {
  const { code, stdout } = await place.run(['policy', 'check', tool, JSON.stringify(args), '-o', 'json', ...flags]);
  const { verdict, rules } = JSON.parse(stdout) as { verdict: string; rules: { id: string }[] };
  return [code, verdict, ...rules.map(({ id }) => id)].join(' ');
}

describe('policy', () => {
  test('H-104, C-95: says before anything runs where a URL leads', async ({ place }) => {
    const open = (url: string): Promise<string> => check(place, 'open', { url });
    expect(await open('https://example.org/')).toBe('5 require_approval ask:open');
    for (const url of ['http://127.1:80/', 'http://[::ffff:10.0.0.1]/', 'http://2852039166/', 'http://LocalHost./']) {
      expect(await open(url), url).toBe('6 deny fact:private_host ask:open');
    }
    for (const url of ['file:///etc/passwd', 'http://user:word@example.org/', 'ftp://example.org/']) {
      expect(await open(url), url).toBe('6 deny fact:url_refused ask:open');
    }
    const { stdout } = await place.run(['policy', 'check', 'open', '{"url":"http://127.1:80/"}']);
    expect(stdout).toContain('http://127.0.0.1/ leads to 127.0.0.1:80, which is no public place (loopback)');
  });

  test('rules and lists open public places, never others', async ({ place }) => {
    const rules = [{ tool: 'open', host: ['*.example.org', 'BÜCHER.example'], decision: 'allow' }];
    place.configure({ governance: { rules }, network: { allow_private: ['127.0.0.1:8080'] } });
    const open = (url: string): Promise<string> => check(place, 'open', { url });
    expect(await open('https://a.example.org./')).toBe('0 allow governance.rules[0]');
    expect(await open('https://xn--bcher-kva.example/')).toBe('0 allow governance.rules[0]');
    expect(await open('https://other.example/')).toBe('5 require_approval default:unlisted');
    expect(await open('http://127.0.0.1:8080/')).toBe('5 require_approval default:unlisted');
    expect(await open('http://127.0.0.1:8081/')).toBe('6 deny fact:private_host default:unlisted');
  });

  test('H-105 a call has one URL: lists of them and references are no arguments', async ({ place }) => {
    for (const args of [
      { open: [{ url: 'https://a.example' }] },
      { ref_id: 'https://a.example' },
      { url: 'https://a.example', open: [] },
    ]) {
      // prettier-ignore
      const { code, stderr } = await place.run(['policy', 'check', 'open', JSON.stringify(args)]);
      expect([code, /unknown property|required/.test(stderr)]).toEqual([2, true]);
    }
  });

  test('commands are judged by the URLs that they name, and allowed by none', async ({ place }) => {
    const rules = [
      { tool: 'exec_command', command: ['curl *', 'echo *'], decision: 'allow' },
      { tool: '*', host: 'evil.example', decision: 'deny' },
      { tool: '*', host: 'good.example', decision: 'allow' },
    ];
    place.configure({ governance: { rules } });
    const line = (cmd: string): Promise<string> => check(place, 'exec_command', { cmd });
    expect(await line('curl https://good.example/')).toBe('0 allow governance.rules[0]');
    expect(await line('curl https://evil.example/')).toMatch(/^6 deny governance.rules\[1\]/);
    expect(await line('curl evil.example')).toMatch(/^6 deny/);
    expect(await line('curl "https://$host/"')).toMatch(/^5 require_approval/);
    expect(await line('wget https://good.example/')).toMatch(/^5 require_approval/);
    expect(await line('curl http://169.254.169.254/latest')).toMatch(/^5 require_approval fact:private_host/);
  });

  test('a place that can not be meant is refused', async ({ place }) => {
    place.configure({ network: { allow_private: ['127.0.0.1:8080', 'http://intranet/'] } });
    const { code, stderr } = await place.run(['policy', 'show']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('network.allow_private[1]: expected a place')]);
  });
});

describe('a turn', () => {
  test('H-106 reads a page; what comes from outside is marked so, and it all verifies', async ({ place }) => {
    const { at } = await serve(page);
    play(place, `http://${at}/a`, { governance: { auto_allow: ['open'] }, network: { allow_private: [at] } });
    const ran = await place.run(['run', '--session', 'one', 'go']);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toBe(`# Kept here\nhttp://${at}/a\n\nSee [more][1].\n\n[1]: http://${at}/more\n\n[200 OK, text/html, 56 bytes from 127.0.0.1]\n`); // prettier-ignore
    const journal = place.journal('one');
    expect(entriesOf(journal, 'call.inspected')[0]!.facts.hosts).toMatchObject([{ arg: 'url', host: '127.0.0.1', addresses: ['127.0.0.1'], scope: 'loopback' }]); // prettier-ignore
    expect(entriesOf(journal, 'call.finished')[0]).toMatchObject({ outcome: 'ok', taint: ['web:127.0.0.1'] });
    await expectVerified(place, 'one');
    expect((await place.run(['why', 'one/c1.1.1'])).stdout).toContain('(no public place: loopback)');
  });

  test('H-104 goes nowhere that is not opened, and says why', async ({ place }) => {
    const { at, asked } = await serve(page);
    play(place, `http://${at}/`, { governance: { auto_allow: ['open'] } });
    const { stdout } = await place.run(['run', '--session', 'one', 'go']);
    expect(stdout).toContain('no public place (loopback) and not among network.allow_private');
    expect(asked).toEqual([]);
    await expectVerified(place, 'one');
  });

  test('H-104, C-95: is told of a redirect to another place, and does not go there', async ({ place }) => {
    const { at, asked } = await serve((_, response) => response.writeHead(302, { location: '/b' }).end());
    const away = await serve((_, response) => response.writeHead(302, { location: `http://${at}/secret` }).end());
    play(place, `http://${away.at}/`, { governance: { auto_allow: ['open'] }, network: { allow_private: ['127.0.0.0/8'] } }); // prettier-ignore
    const { stdout } = await place.run(['run', 'go']);
    expect(stdout).toContain(`leads to another place (302), which was not opened. If it is wanted, open it:\nhttp://${at}/secret`); // prettier-ignore
    expect(asked).toEqual([]);
  });

  test('asks, and a standing approval lets the same page be opened again', async ({ place }) => {
    const { at, asked } = await serve(page);
    play(place, `http://${at}/`, { network: { allow_private: [at] } });
    const ran = await place.run(['run', '--session', 'one', 'go']);
    expect(ran.code).toBe(5);
    const [, id] = /approval (a-\w+)/.exec(ran.stderr)!;
    expect((await place.run(['approvals', 'show', id!])).stdout).toContain(`Open http://${at}/`);
    expect((await place.run(['approve', id!, '--always', '--resume'])).stdout).toContain('Kept here');
    expect((await place.run(['run', '--session', 'two', 'go'])).stdout).toContain('Kept here');
    expect(asked).toHaveLength(2);
    await expectVerified(place, 'two');
  });

  test('is told what is wrong with a name that nobody has', async ({ place }) => {
    play(place, 'http://nobody.invalid/', { governance: { auto_allow: ['open'] } });
    await place.run(['run', '--session', 'one', 'go']);
    const [ended] = entriesOf(place.journal('one'), 'call.finished');
    expect(ended).toMatchObject({ outcome: 'error', error: { code: 'name_not_found' }, taint: [] });
  });
});
