import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import { systemClock as clock } from '../../base/clock.ts';
import { initConfig } from './init.ts';
import { loadConfig } from './load.ts';
import { chooseModels, DEFAULT_OPENAI_MODEL } from './models.ts';
import { configTemplate } from './template.ts';

/** Nothing listens there. */
const NO_OLLAMA = { OLLAMA_HOST: '127.0.0.1:1' };

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runtime-init-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const load = () => loadConfig({ home, environment: {}, overrides: new Map() });

test('H-1 without a file one is written, for its owner only, that loads and means the defaults', async () => {
  const outcome = await initConfig({ home, environment: NO_OLLAMA, force: false, clock });
  const path = join(home, 'config.yaml');
  expect(outcome).toEqual({ path, created: true, found: {} });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { config, warnings } = await load();
  expect(config).toEqual(configSchema.parse({}));
  expect(warnings).toEqual([]);
});

test('H-2 an existing file is left alone; with force its content is kept aside', async () => {
  const path = join(home, 'config.yaml');
  writeFileSync(path, '# mine\n');
  expect(await initConfig({ home, environment: NO_OLLAMA, force: false, clock })).toMatchObject({ created: false });
  expect(readFileSync(path, 'utf8')).toBe('# mine\n');
  expect(await initConfig({ home, environment: NO_OLLAMA, force: true, clock })).toMatchObject({
    backup: `${path}.bak`,
  });
  expect(readFileSync(`${path}.bak`, 'utf8')).toBe('# mine\n');
  expect(statSync(`${path}.bak`).mode & 0o777).toBe(0o600);
});

test('H-3 a named file is made instead of the usual one', async () => {
  const file = join(home, 'sub/other.yaml');
  await initConfig({ home, file, environment: NO_OLLAMA, force: false, clock });
  expect(statSync(file).isFile()).toBe(true);
  expect((await load()).file.exists).toBe(false);
});

test('a key in the environment is proposed by its name, never by its value', async () => {
  const environment = { ...NO_OLLAMA, OPENAI_API_KEY: 'sk-abcdef' };
  await initConfig({ home, environment, force: false, clock });
  const { config, file } = await load();
  expect(file.text).not.toContain('sk-abcdef');
  expect(config.models).toMatchObject({
    default: DEFAULT_OPENAI_MODEL,
    registry: [{ name: DEFAULT_OPENAI_MODEL, provider: 'openai', api_key_env: 'OPENAI_API_KEY' }],
  });
  expect(chooseModels(config, environment).settings[0]).toMatchObject({ api_key: 'sk-abcdef' });
});

test('a local Ollama is found through its compatible API', async () => {
  const server = createServer((request, response) => {
    expect(request.url).toBe('/v1/models');
    response.end(JSON.stringify({ data: [{ id: 'nomic-embed-text' }, { id: 'qwen3:8b' }] }));
  }).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { found } = await initConfig({
      home,
      environment: { OLLAMA_HOST: `127.0.0.1:${port}` },
      force: false,
      clock,
    });
    expect(found).toEqual({ ollama: ['qwen3:8b'] });
    expect((await load()).config.models).toMatchObject({
      default: 'qwen3:8b',
      registry: [{ name: 'qwen3:8b', provider: 'ollama' }],
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.each([
  ['never answers', () => {}],
  ['answers nonsense', (_: unknown, response: { end(text: string): void }) => response.end('{"data": 1}')],
] as const)('an Ollama that %s is none', async (_name, answer) => {
  const server = createServer(answer as () => void).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { found } = await initConfig({
      home,
      environment: { OLLAMA_HOST: `127.0.0.1:${port}` },
      force: false,
      clock,
    });
    expect(found).toEqual({});
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('every switched-off line, switched on, is valid and means the default', async () => {
  const text = configTemplate({}).replaceAll(/^( *)#(?! \S)/gm, '$1');
  writeFileSync(join(home, 'config.yaml'), text);
  const { config } = await load();
  const defaults = configSchema.parse({});
  expect({ ...config, models: defaults.models }).toMatchObject({ ...defaults, governance: {} });
  expect(config.models.default).toBe(DEFAULT_OPENAI_MODEL);
});
