/** Turns of the built program with each provider: what the SDKs do there, trimmed, and what they load. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect } from 'vitest';
import { startMockAnthropic } from './support/mock-anthropic.ts';
import { startMockGemini } from './support/mock-gemini.ts';
import { startMockOpenai } from './support/mock-openai.ts';
import type { MockReply } from './support/mock-reply.ts';
import type { MockService } from './support/mock-service.ts';
import { entriesOf, expectVerified, KEY, type Place, test } from './support/place.ts';

const PROVIDERS = [
  { provider: 'anthropic', start: startMockAnthropic, key: 'ANTHROPIC_API_KEY', address: 'ANTHROPIC_BASE_URL', scripts: ['anthropic.js', 'anthropic-sdk.js'] },
  { provider: 'gemini', start: startMockGemini, key: 'GEMINI_API_KEY', address: 'GOOGLE_GEMINI_BASE_URL', scripts: ['gemini.js', 'google-genai.js'] },
  { provider: 'zai', start: startMockOpenai, key: 'ZAI_API_KEY', address: undefined, scripts: ['openai.js'] },
]; // prettier-ignore
type Provider = (typeof PROVIDERS)[number];

/** Modules of Node that cost milliseconds; each a sign that an SDK has touched a global of the web, or a file. */
const NEEDLESS = /undici|http2|webstreams|perf_hooks|readline|\btls\b|zlib|fs\/promises/;

/** What the SDKs would take from the environment. */
const TEMPTING = {
  ANTHROPIC_CUSTOM_HEADERS: 'x-tempting: yes',
  ANTHROPIC_AUTH_TOKEN: 'tempting-token',
  ANTHROPIC_LOG: 'debug',
  GOOGLE_API_KEY: 'tempting-key',
  GOOGLE_GENAI_USE_VERTEXAI: 'true',
};

const PROBE = `
const vm = require('node:vm');
const scripts = [];
vm.Script = class extends vm.Script {
  constructor(source, options) { super(source, options); scripts.push(options.filename); }
};
process.on('exit', () => {
  require('node:fs').writeFileSync(process.env.PROBE_FILE, JSON.stringify({ modules: process.moduleLoadList, scripts }));
});
`;

async function serve(place: Place, start: Provider['start'], replies: MockReply[]): Promise<MockService> {
  const mock = await start({ replies, fallback: { text: 'x' } });
  place.atEnd(() => mock.close());
  return mock;
}

describe.each(PROVIDERS)('$provider', ({ provider, start, key, scripts }) => {
  const connect = (place: Place, mock: MockService, entry: object = {}): void => {
    place.configure({ models: { registry: [{ name: 'm', provider, base_url: mock.url, ...entry }] } });
  };
  const environment = { [key]: KEY, ...TEMPTING };

  test('H-88 a turn with tools, side by side, to its answer; it verifies', async ({ place }) => {
    place.write('a.txt', 'the content of a\n');
    const calls = [
      { id: 'one', name: 'read_file', arguments: { path: 'a.txt' } },
      { id: 'two', name: 'list_files', arguments: { path: '.' } },
    ];
    const mock = await serve(place, start, [
      { reasoning: 'Let me see.', text: 'Looking.', calls },
      { text: 'It says so.' },
    ]);
    connect(place, mock);
    const ran = await place.run(['run', '--session', 'one', 'What is in a.txt?'], { environment });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('It says so.\n') as string });
    expect(ran.stderr).not.toContain('x-tempting');
    expect(mock.requests).toHaveLength(2);
    expect(JSON.stringify(mock.requests[1]!.body)).toContain('the content of a');
    expect(JSON.stringify(mock.requests.map(({ headers }) => headers))).not.toMatch(/tempting/);
    expect(entriesOf(place.journal('one'), 'model.replied')).toHaveLength(2);
    await expectVerified(place, 'one');
  });

  test('H-83 a rate limit is waited out, and the call made again', async ({ place }) => {
    const mock = await serve(place, start, [{ status: 429, headers: { 'retry-after': '0' } }, { text: 'Now.' }]);
    connect(place, mock);
    expect(await place.run(['run', 'go'], { environment })).toMatchObject({ code: 0, stdout: 'Now.\n' });
    expect(mock.requests).toHaveLength(2);
  });

  test('H-84 a missing key is named, and nothing is sent', async ({ place }) => {
    const mock = await serve(place, start, []);
    connect(place, mock);
    const ran = await place.run(['run', 'go']);
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain(key);
    expect(mock.requests).toEqual([]);
  });

  test('what it loads', async ({ place }) => {
    const mock = await serve(place, start, []);
    connect(place, mock);
    place.write('probe.cjs', PROBE);
    const file = join(place.project, 'loaded.json');
    const probe = { NODE_OPTIONS: `--require=${join(place.project, 'probe.cjs')}`, PROBE_FILE: file };
    await place.run(['run', 'hello'], { environment });
    await place.run(['run', 'hello'], { environment: { ...environment, ...probe } });
    const loaded = JSON.parse(readFileSync(file, 'utf8')) as { modules: string[]; scripts: string[] };
    expect(loaded.scripts.map((path) => basename(path)).filter((name) => /openai|anthropic|gemini|google/.test(name))).toEqual(scripts);
    expect(loaded.modules.filter((name) => NEEDLESS.test(name))).toEqual([]);
  }); // prettier-ignore
});

test.for(PROVIDERS.filter(({ address }) => address !== undefined))(
  'without a configuration the key of $provider chooses it',
  async ({ start, key, address }, { place }) => {
    const mock = await serve(place, start, [{ text: 'Here.' }]);
    const ran = await place.run(['run', 'go'], { environment: { [key]: KEY, [address!]: mock.url } });
    expect(ran).toMatchObject({ code: 0, stdout: 'Here.\n' });
    expect(mock.requests).toHaveLength(1);
  },
);
