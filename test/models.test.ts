/** The models that there are, what they cost, and one that plays a session. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ModelRow } from '../src/engine/providers/model-rows.ts';
import { startMockOpenai } from './support/mock-openai.ts';
import { KEY, type Place, test } from './support/place.ts';

const rowsOf = async (place: Place, args: string[] = [], environment: Record<string, string> = {}) => {
  const { stdout, stderr, code } = await place.run(['models', 'ls', '-o', 'json', ...args], { environment });
  expect(code).toBe(0);
  return { rows: JSON.parse(stdout) as ModelRow[], stderr };
};

test('the registry first, the default marked; figures by the entry, by the catalogue, or not at all', async ({
  place,
}) => {
  place.configure({
    models: {
      default: 'main',
      fallback: ['cheap'],
      registry: [
        { name: 'main', model: 'gpt-5.4', api_key_env: 'MY_KEY' },
        { name: 'cheap', model: 'gpt-5.4', price: { input: 1, output: 2 } },
        { name: 'own', base_url: 'http://127.0.0.1:1/v1', api_key: KEY },
      ],
    },
  });
  const { rows } = await rowsOf(place, [], { MY_KEY: 'sk-987654321' });
  expect(rows.slice(0, 3)).toMatchObject([
    { name: 'main', default: true, aliases: ['cheap'], key: 'there', figures: ['catalogue'], as_of: '2026-07-02', price: { input: 2_500_000 }, sees: ['image', 'file'] },
    { name: 'cheap', default: false, fallback: 1, key: 'missing', figures: ['config', 'catalogue'], price: { input: 1_000_000 } },
    { name: 'own', model: 'own', figures: [] },
  ]); // prettier-ignore
  expect(rows[2]).not.toHaveProperty('price');
  const table = await place.run(['models', 'ls'], { environment: { MY_KEY: 'sk-987654321' } });
  expect(table.stdout).toMatch(/^main \(default\) +openai +gpt-5\.4 +1\.05M +2\.5\/0\.25\/15 /m);
  expect(table.stderr).toContain("no price is known of own: counted in tokens alone, money limits don't hold");
  for (const secret of [KEY, 'sk-987654321']) expect(table.stdout + table.stderr).not.toContain(secret);
});

test('models of the catalogue are listed where their name reaches them, and only there', async ({ place }) => {
  const names = async (config: object, environment: Record<string, string>) => {
    place.configure(config);
    return (await rowsOf(place, [], environment)).rows
      .filter(({ listed }) => listed === 'catalogue')
      .map(({ name }) => name);
  };
  const key = { OPENAI_API_KEY: KEY };
  expect(await names({}, {})).toEqual([]);
  expect(await names({}, key)).toContain('gpt-5.4');
  // Any other name goes to the default service, which isn't OpenAI here.
  expect(await names({ models: { default: 'qwen', registry: [{ name: 'qwen', provider: 'ollama' }] } }, key)).toEqual(
    [],
  );
  expect(await names({ models: { registry: [{ name: 'x', base_url: 'http://127.0.0.1:1/v1' }] } }, key)).toEqual([]);
});

test('--remote asks each service that has a key; one that fails is told of, the rest is shown', async ({
  place,
  mock,
}) => {
  const broken = await startMockOpenai();
  await broken.close();
  const [other, secret] = [
    await startMockOpenai({ models: ['local-1', 'local-2'] }),
    await startMockOpenai({ models: ['no'] }),
  ];
  for (const one of [other, secret]) place.atEnd(() => one.close());
  place.configure({
    models: {
      registry: [
        { name: 'a', model: 'mock', base_url: mock.url, api_key: KEY },
        { name: 'c', base_url: broken.url, api_key: KEY },
        { name: 'o', base_url: other.url, api_key: KEY },
        { name: 'd', base_url: secret.url, api_key_env: 'NOT_SET' },
      ],
    },
  });
  const { rows, stderr } = await rowsOf(place, ['--remote']);
  expect(rows.map(({ name, listed }) => [name, listed])).toEqual([
    ['a', 'config'],
    ['c', 'config'],
    ['o', 'config'],
    ['d', 'config'],
    ['local-1', 'provider'],
    ['local-2', 'provider'],
  ]);
  expect(stderr).toContain(`openai (${new URL(broken.url).host}): no connection`);
});

test('--remote asks a service by the way by which its model is: proxy and headers of the entry', async ({ place, mock }) => {
  const seen: (string | undefined)[] = [];
  const proxy = createServer((request, response) => {
    seen.push(request.url, String(request.headers['x-title']));
    response.end('{"data":[{"id":"behind"}]}');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  place.atEnd(() => new Promise((resolve) => void proxy.close(() => resolve())));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const entry = { name: 'far', base_url: 'http://far.example/v1', api_key: KEY, headers: ['X-Title: mine'], proxy: address };
  place.configure({ models: { registry: [entry, { name: 'near', base_url: mock.url, api_key: KEY, ca: '/no/such.pem' }] } });
  const { rows, stderr } = await rowsOf(place, ['--remote'], { HTTP_PROXY: 'http://127.0.0.1:1' });
  expect(seen).toEqual(['http://far.example/v1/models', 'mine']);
  expect(rows.map(({ name }) => name)).toContain('behind');
  expect(stderr).toContain('/no/such.pem');
}); // prettier-ignore

test('what a service lists under names that can not be shown is left out, and so are sizes that can not be', async ({ place }) => {
  const data = [{ id: '\u001b]0;pwn\u0007' }, { id: 'a\nb' }, { id: 'x'.repeat(5000) }, { id: 'good', context_length: -5 }];
  const server = createServer((_, response) => response.end(JSON.stringify({ data })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place.atEnd(() => new Promise((resolve) => void server.close(() => resolve())));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  place.configure({ models: { registry: [{ name: 'm', base_url: `${url}/v1`, api_key: KEY }] } });
  const { rows } = await rowsOf(place, ['--remote']);
  expect(rows.map(({ name, context }) => [name, context])).toEqual([['m', undefined], ['good', undefined]]);
  const init = await place.run(['config', 'init', '--force'], { environment: { OLLAMA_HOST: url } });
  expect(init.stderr).toContain('The default model is good.');
}); // prettier-ignore

test('a key that no header can carry: the list of models says so', async ({ place, mock }) => {
  place.configure({ models: { registry: [{ name: 'm', base_url: mock.url, api_key_env: 'K' }] } });
  const { stderr } = await rowsOf(place, ['--remote'], { K: 'sk-1234\n' });
  expect(stderr).toContain('its key holds characters that no key has');
});

test('provider test of a provider without a key names the key, and asks nobody else', async ({ place, mock }) => {
  place.connect(mock);
  const { code, stdout } = await place.run(['provider', 'test', 'anthropic']);
  expect({ code, stdout }).toEqual({ code: 4, stdout: expect.stringContaining('set ANTHROPIC_API_KEY') as string });
  expect(mock.requests).toEqual([]);
});

test('provider test repeats no secret that a service echoes, of a header neither', async ({ place }) => {
  const server = createServer(({ headers }, response) => {
    response.writeHead(400).end(JSON.stringify({ error: { message: `you sent ${String(headers['x-auth-token'])} ${headers.authorization}` } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place.atEnd(() => new Promise((resolve) => void server.close(() => resolve())));
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  place.configure({ models: { registry: [{ name: 'm', base_url, api_key: KEY, headers: ['X-Auth-Token: header-secret-1'] }] } });
  const { stdout, stderr } = await place.run(['provider', 'test', 'm']);
  expect(stdout).toContain('you sent');
  expect(stdout + stderr).not.toMatch(new RegExp(`header-secret-1|${KEY}`));
}); // prettier-ignore

test('further providers: figures of the catalogue, and each asked for its list in its own way', async ({ place }) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push([request.url, request.headers['x-api-key'] ?? request.headers['x-goog-api-key']].join(' '));
    const anthropic = request.url!.startsWith('/v1/');
    response.end(JSON.stringify(anthropic ? { data: [{ id: 'claude-new' }] } : { models: [{ name: 'models/gemini-new' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place.atEnd(() => new Promise((resolve) => void server.close(() => resolve())));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = { ANTHROPIC_API_KEY: 'sk-ant-1234567', GEMINI_API_KEY: 'gm-1234567' };
  const { rows } = await rowsOf(place, [], keys);
  expect(rows[0]).toMatchObject({ name: 'claude-sonnet-5-5', default: true, provider: 'anthropic', figures: ['catalogue'], price: { input: 2_000_000 } });
  const moved = { ...keys, ANTHROPIC_BASE_URL: url, GOOGLE_GEMINI_BASE_URL: url };
  const remote = await rowsOf(place, ['--remote'], moved);
  expect(remote.rows.filter(({ listed }) => listed === 'provider').map(({ name, provider }) => [provider, name])).toEqual([
    ['anthropic', 'claude-new'],
    ['gemini', 'gemini-new'],
  ]);
  expect(asked.sort()).toEqual(['/v1/models?limit=1000 sk-ant-1234567', '/v1beta/models?pageSize=1000 gm-1234567']);
}); // prettier-ignore

test('a money limit holds for a model of the catalogue without a price in the configuration', async ({ place }) => {
  place.configure({
    models: { default: 'gpt-5.4', registry: [{ name: 'gpt-5.4', api_key: KEY, base_url: 'http://127.0.0.1:1/v1' }] },
  });
  expect(await place.run(['run', '--max-cost', '1', 'hello'])).toMatchObject({ code: 2 });
  place.configure({
    models: { default: 'gpt-5.4', registry: [{ name: 'gpt-5.4', api_key: KEY, request_timeout: '1s' }] },
  });
  const proxied = { HTTPS_PROXY: 'http://127.0.0.1:1' }; // so that nothing leaves this machine
  const ran = await place.run(['run', '--max-cost', '0.000001', 'hello'], { environment: proxied });
  expect(ran.stderr).toContain("turn's money limit");
});

test('doctor says of which model no price is known', async ({ place, mock }) => {
  place.connect(mock);
  const { stdout } = await place.run(['doctor']);
  expect(stdout).toMatch(/note +model +no price is known of mock: counted in tokens alone/);
});

test('a model that plays a session says what was said there, and calls what was called', async ({ place }) => {
  place.write('a.txt', 'first');
  place.play([
    { match: { tool_result: 'read_file' }, reply: { text: 'Read.' } },
    { match: { any: true }, reply: { calls: [{ tool: 'read_file', arguments: { path: 'a.txt' } }] } },
  ]);
  await place.run(['run', '--session', 'one', 'read a.txt']);
  const exported = join(place.project, 'one.jsonl');
  await place.run(['session', 'export', 'one', '--file', exported]);
  for (const [name, replay] of [['by-id', 'one'], ['by-file', exported]] as const) {
    place.configure({ models: { default: 'again', registry: [{ name: 'again', provider: 'replay', replay }] } });
    const ran = await place.run(['run', '--session', name, 'read it again']);
    expect(ran).toMatchObject({ code: 0, stdout: 'Read.\n' });
    expect(place.journal(name).filter(({ type }) => type === 'call.finished')).toHaveLength(1);
    const more = await place.run(['run', '--session', name, 'and once more']);
    expect(more.code).not.toBe(0);
    expect(more.stderr).toContain(`${replay} has 2 recorded replies, and this request wants number 3.`);
  }
  place.configure({ models: { default: 'again', registry: [{ name: 'again', provider: 'replay', replay: 'nobody' }] } });
  const none = await place.run(['run', 'hello']);
  expect(none.code).not.toBe(0);
  expect(none.stderr).toContain('nobody');
}); // prettier-ignore
