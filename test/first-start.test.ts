/** The first start on a terminal, where nothing is configured: every way through it, and every way out. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startMockIssuer } from './support/mock-issuer.ts';
import { type MockOpenai, type MockRequest, startMockOpenai } from './support/mock-openai.ts';
import { type Place, test } from './support/place.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './support/terminal.ts';

const LINUX = process.platform === 'linux';
const SECRET = 'sk-first-5d41402abc4b2a76';
const MENU = 'Which model should answer?';
const PROFILES = 'What may it do without asking you?';
/** The conversation has begun. */
const CONVERSATION = 'ask, or say what is to be done';

interface Started extends Terminal {
  /** Answers the question that has come. */
  answer(question: string | RegExp, answer: string): Promise<void>;
}

function start(
  place: Place,
  environment: Record<string, string> = {},
  { args = [], ...options }: TerminalOptions & { args?: string[] } = {},
): Started {
  const terminal = openTerminal(place, args, { columns: 120, rows: 40, environment, ...options });
  return {
    ...terminal,
    async answer(question, answer) {
      await terminal.waitFor(question);
      terminal.type(`${answer}\r`);
    },
  };
}

/** Answers only to the key, and shows a wrong one as some services do. */
function wants(mock: MockOpenai, key = SECRET): void {
  const check = ({ headers }: MockRequest): { text: string } | { status: number; body: object } => {
    const [, given = ''] = (headers.authorization ?? '').split(' ');
    if (given === key) return { text: 'Yes.' };
    return {
      status: 401,
      body: { error: { message: `Incorrect API key provided: ${given}`, code: 'invalid_api_key' } },
    };
  };
  mock.reply(...Array.from({ length: 9 }, () => check));
}

const configFile = (place: Place): string => join(place.home, 'config.yaml');
const written = (place: Place): string => readFileSync(configFile(place), 'utf8');
const isWritten = (place: Place): boolean => existsSync(configFile(place));

/** The paths of the home's files that hold the text. */
function filesWith(place: Place, text: string): string[] {
  return readdirSync(place.home, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .filter((path) => readFileSync(path).includes(text));
}

async function leave(terminal: Started, prompt = CONVERSATION): Promise<void> {
  await terminal.waitFor(prompt);
  await terminal.settled();
  terminal.press('ctrl-d');
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
}

describe('to a model', () => {
  test('a key is pasted and tried; the file is commented, private, and holds', async ({ place, mock }) => {
    wants(mock);
    const environment = { OPENAI_BASE_URL: mock.url };
    const terminal = start(place, environment);
    await terminal.answer(MENU, '');
    await terminal.waitFor('Key, from platform.openai.com');
    terminal.paste(`  ${SECRET} \n`);
    await terminal.answer(PROFILES, '');
    await terminal.waitFor(`Written: ${configFile(place)}, with the key, readable by you only.`);
    await terminal.waitFor(CONVERSATION);
    expect(terminal.screen()).toContain('It answers.');
    expect(mock.requests).toHaveLength(1);
    expect(statSync(configFile(place)).mode & 0o777).toBe(0o600);
    expect(written(place)).toMatch(/^ {2}# \S/m);

    await terminal.settled();
    terminal.type('what shines?\r');
    await terminal.waitFor(/what shines[^]*Yes\./);
    await leave(terminal, '›');
    expect(terminal.raw()).not.toContain(SECRET);
    expect(filesWith(place, SECRET)).toEqual([configFile(place)]);
    const view = await place.run(['config', 'view']);
    expect(view).toMatchObject({ code: 0, stderr: '' });
    expect(view.stdout).not.toContain(SECRET);

    const again = start(place, environment);
    await leave(again);
    expect(again.screen()).not.toContain(MENU);
  });

  test('a wrong key, then the right one', async ({ place, mock }) => {
    wants(mock);
    const terminal = start(place, { OPENAI_BASE_URL: mock.url });
    await terminal.answer(MENU, '1');
    await terminal.answer('Key, from', 'sk-wrong');
    await terminal.waitFor('It does not: ');
    expect(terminal.screen()).not.toContain('sk-wrong');
    await terminal.answer('What now?', '');
    await terminal.answer(/Key, from[^]*Key, from/, SECRET);
    await terminal.answer(PROFILES, '');
    await leave(terminal);
    expect(written(place)).toContain(SECRET);
    expect(filesWith(place, 'sk-wrong')).toEqual([]);
  });

  test('a key with blanks in it, in lines, and none at all are no keys; nothing of them is shown', async ({
    place,
    mock,
  }) => {
    wants(mock);
    const terminal = start(place, { OPENAI_BASE_URL: mock.url }, { term: 'vt100' });
    await terminal.answer(MENU, '1');
    await terminal.answer('Key, from', '');
    await terminal.answer('Nothing came.', 'sk-1st 2nd');
    await terminal.waitFor('That is no key: it holds blanks');
    terminal.type('\x1b[200~\rsk-3rd\r4th\r\x1b[201~');
    await terminal.waitFor(/no key: it holds blanks[^]*no key: it holds blanks/);
    expect(mock.requests).toEqual([]);
    // A terminal that marks no paste: its second line is no answer to what comes next.
    terminal.type('sk-5th\r2\r6th\r');
    await terminal.waitFor('What now?');
    await terminal.settled();
    terminal.type('\r');
    await terminal.answer(/What now\?[^]*Key, from/, `${SECRET}x\x7f`);
    await terminal.answer(PROFILES, '');
    await leave(terminal);
    for (const part of ['1st', '2nd', '3rd', '4th', '5th', '6th']) expect(terminal.raw()).not.toContain(part);
    expect(written(place)).toContain(SECRET);
  });

  test('a service that cannot be reached, then another one; its address is not asked twice', async ({
    place,
    mock,
  }) => {
    wants(mock);
    const terminal = start(place, { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' });
    await terminal.answer(MENU, '1');
    await terminal.answer('Key, from', SECRET);
    await terminal.waitFor('It does not: ');
    await terminal.answer('What now?', '2');
    await terminal.answer(/What now\?[^]*Which model should answer/, '5');
    await terminal.answer('Address, as http', 'localhost');
    await terminal.answer('That is no address', mock.url);
    await terminal.answer('Key (it is not shown', 'sk-wrong');
    await terminal.answer('Which of its models?', '');
    await terminal.waitFor(/It does not: [^]*It does not: /);
    await terminal.answer(/What now\?[^]*What now\?/, '');
    await terminal.answer(`Address [${mock.url}]: `.trim(), '');
    await terminal.answer(/Key \(it[^]*Key \(it/, SECRET);
    await terminal.answer(/Which of its[^]*Which of its/, '1');
    await terminal.answer(PROFILES, '');
    await leave(terminal);
    const { stdout } = await place.run(['run', 'hello'], {});
    expect(stdout).toBe('Yes.\n');
    expect(mock.requests.at(-1)!.body).toMatchObject({ model: 'mock' });
    expect(terminal.raw()).not.toContain(SECRET);
  });

  test('a login with ChatGPT by a code; one that is refused leads back', async ({ place }) => {
    const issuer = await startMockIssuer({ expires_in: 3600 });
    place.atEnd(() => issuer.close());
    issuer.next('/api/accounts/deviceauth/token', { status: 403, body: { error: 'access_denied' } });
    const terminal = start(place, { RUNTIME_AUTH_CODEX_ISSUER: issuer.url, HTTPS_PROXY: 'http://127.0.0.1:1' });
    await terminal.answer(MENU, '4');
    await terminal.answer(/It did not work[^]*Which model should answer/, '4');
    await terminal.waitFor(/ABCD-1234[^]*ABCD-1234/);
    // ChatGPT can't be reached from here.
    await terminal.answer('What now?', '3');
    await terminal.answer(PROFILES, '');
    await terminal.waitFor(CONVERSATION);
    await leave(terminal);
    expect(written(place)).toContain('default: "openai-codex/');
    expect(existsSync(join(place.home, 'auth/codex.json'))).toBe(true);
    expect((await place.run(['provider', 'ls'])).stdout).toContain('openai-codex');
  });

  test('a service that wants no key and serves many models', async ({ place }) => {
    const models = Array.from({ length: 20 }, (_, index) => `model-${index}`);
    const mock = await startMockOpenai({ models: [...models, 'special-large'], fallback: { text: 'Yes.' } });
    place.atEnd(() => mock.close());
    const terminal = start(place);
    await terminal.answer(MENU, '5');
    await terminal.answer('Address', `${mock.url}/`);
    await terminal.answer('Key (it is not shown; Enter: it wants none)', '');
    await terminal.answer('Name of the model (model-0, model-1, model-2 and 18 more)', 'special');
    await terminal.answer('It has no model special. Did you mean special-large?', 'special-large');
    await terminal.answer(PROFILES, '');
    await leave(terminal);
    expect(await place.run(['run', 'hello'], { environment: { OPENAI_API_KEY: SECRET } })).toMatchObject({
      code: 0,
      stdout: 'Yes.\n',
    });
    // The key of OpenAI is none of this service's business.
    expect(mock.requests.map(({ headers }) => headers.authorization)).not.toContain(`Bearer ${SECRET}`);
  });

  test('a local Ollama is found, and is the first choice; so are keys of services in the environment', async ({
    place,
  }) => {
    const mock = await startMockOpenai({
      models: ['qwen3:8b', 'nomic-embed-text', 'gemma3'],
      fallback: { text: 'Yes.' },
    });
    place.atEnd(() => mock.close());
    const host = new URL(mock.url).host;
    const terminal = start(place, { OLLAMA_HOST: host, GROQ_API_KEY: SECRET, ZAI_API_KEY: SECRET });
    await terminal.waitFor(MENU);
    await terminal.waitFor('Number');
    expect(terminal.screen().split('\n').slice(3)).toEqual([
      '  1  Ollama on this machine: qwen3:8b, gemma3',
      '  2  Groq, by the key in GROQ_API_KEY',
      '  3  Z.AI, by the key in ZAI_API_KEY',
      '  4  OpenAI: paste a key',
      '  5  Anthropic: paste a key',
      '  6  Gemini: paste a key',
      '  7  ChatGPT: log in, and its plan pays',
      '  8  another service that is compatible with OpenAI: its address, and a key',
      '  9  none yet: an offline demo answers',
      'Number [1]:',
    ]);
    terminal.type('\r');
    await terminal.answer('Which of its models?', '7');
    await terminal.answer('Type a number from 1 to 2.', '2');
    await terminal.answer(PROFILES, '');
    await leave(terminal);
    expect(written(place)).toMatch(/^ {2}default: gemma3$/m);
    const ran = await place.run(['run', 'hello'], { environment: { OLLAMA_HOST: host } });
    expect(ran).toMatchObject({ code: 0, stdout: 'Yes.\n' });
    expect(terminal.raw()).not.toContain(SECRET);
  });

  test('a key in the environment that cannot be sent is said, and leads back', async ({ place }) => {
    const terminal = start(place, { GROQ_API_KEY: `${SECRET}\n`, OLLAMA_HOST: '127.0.0.1:1' });
    await terminal.answer(MENU, '1');
    await terminal.answer('Name of the model:', 'llama');
    await terminal.waitFor('It does not: ');
    await terminal.answer('What now?', '2');
    await terminal.waitFor(/What now\?[^]*Which model should answer/);
    expect(terminal.raw()).not.toContain(SECRET);
  });

  test.for([
    ['1', { exec_command: 'require_approval', apply_patch: 'require_approval', read_file: 'allow' }],
    ['2', { exec_command: 'deny', apply_patch: 'deny', read_file: 'allow' }],
    ['3', { exec_command: 'allow', read_file: 'allow' }],
  ] as const)('policy profile %s does what it says', async ([number, expected], { place }) => {
    const mock = await startMockOpenai({ models: ['qwen3:8b'] });
    place.atEnd(() => mock.close());
    const environment = { OLLAMA_HOST: new URL(mock.url).host };
    const terminal = start(place, environment);
    await terminal.answer(MENU, '');
    await terminal.answer(PROFILES, number);
    await leave(terminal);
    const { stdout } = await place.run(['policy', 'show', '-o', 'json'], { environment });
    const verdicts = (JSON.parse(stdout) as { tool: string; verdict: string }[]).map(({ tool, verdict }) => [
      tool,
      verdict,
    ]);
    expect(Object.fromEntries(verdicts)).toMatchObject(expected);
    const patch = '*** Begin Patch\n*** Add File: a\n+x\n*** End Patch\n';
    const { code } = await place.run(['policy', 'check', 'apply_patch', JSON.stringify({ patch })], { environment });
    expect(code).toBe({ '1': 5, '2': 6, '3': 0 }[number]);
  });
});

describe('out of it', () => {
  /** What is answered before the question at which somebody leaves. */
  const QUESTIONS: [string, [string, string][], string][] = [
    ['the model', [], MENU],
    ['the key', [[MENU, '1']], 'Key, from'],
    ['the address', [[MENU, '5']], 'Address'],
    ['the key of a service', [[MENU, '5'], ['Address', 'http://127.0.0.1:1/v1']], 'Key (it'],
    ['the name', [[MENU, '5'], ['Address', 'http://127.0.0.1:1/v1'], ['Key (it', SECRET]], 'Name of the model'],
    ['what now', [[MENU, '1'], ['Key, from', SECRET]], 'What now?'],
    [
      'the profile',
      [
        [MENU, '1'],
        ['Key, from', SECRET],
        ['What now?', '3'],
      ],
      PROFILES,
    ],
  ]; // prettier-ignore

  test.for(QUESTIONS)(
    'Ctrl-C at %s: nothing is written, the offline demo answers',
    async ([, before, at], { place }) => {
      const terminal = start(place, { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' });
      for (const [question, answer] of before) await terminal.answer(question, answer);
      await terminal.waitFor(at);
      terminal.press('ctrl-c');
      await terminal.waitFor('Nothing was written; the offline demo answers.');
      await leave(terminal);
      expect(isWritten(place)).toBe(false);
      expect(terminal.raw()).not.toContain(SECRET);
      expect(filesWith(place, SECRET)).toEqual([]);
    },
  );

  test.for([
    ['Escape', '\x1b'],
    ['Ctrl-D', '\x04'],
    ['the last line', '6\r'],
  ] as const)('%s: the conversation begins at once', async ([, keys], { place }) => {
    const terminal = start(place);
    await terminal.waitFor('Number [1]:');
    terminal.type(keys);
    await terminal.waitFor(CONVERSATION);
    terminal.type('hello\r');
    await terminal.waitFor('offline demo of runtime');
    terminal.kill();
    expect(isWritten(place)).toBe(false);
  });

  test('Ctrl-C while a silent service is tried', async ({ place, mock }) => {
    mock.reply({ hangHead: true });
    const terminal = start(place, { OPENAI_BASE_URL: mock.url });
    await terminal.answer(MENU, '1');
    await terminal.answer('Key, from', SECRET);
    await terminal.waitFor('Asking gpt');
    terminal.press('ctrl-c');
    await leave(terminal);
    expect(isWritten(place)).toBe(false);
  });

  test.skipIf(!LINUX).for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s: exit %i, and the terminal is as it was', async ([signal, code], { place }) => {
    const line = '"$PROGRAM"; echo "exit $?"; stty -a | grep -o -- "[-]*icanon"';
    const terminal = start(place, {}, { program: '/bin/sh', args: ['-c', `${line}`] });
    await terminal.waitFor('Number [1]:');
    const [child] = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8').trim().split(' ');
    process.kill(Number(child), signal);
    await terminal.exited;
    expect(terminal.screen()).toMatch(new RegExp(`\nexit ${code}\nicanon$`));
    expect(isWritten(place)).toBe(false);
  });

  test('the terminal is closed', async ({ place }) => {
    const terminal = start(place);
    await terminal.answer(MENU, '1');
    await terminal.waitFor('Key, from');
    await terminal.hangUp();
    await terminal.exited;
    expect(readdirSync(place.home)).toEqual([]);
  });
});

describe('in the way', () => {
  test('a file that has come meanwhile stays as it is, and holds', async ({ place, mock }) => {
    wants(mock);
    const terminal = start(place, { OPENAI_BASE_URL: mock.url });
    await terminal.answer(MENU, '1');
    await terminal.answer('Key, from', SECRET);
    await terminal.waitFor(PROFILES);
    const theirs = 'models: { default: demo } # mine\n';
    writeFileSync(configFile(place), theirs);
    terminal.type('\r');
    await terminal.waitFor('has come from elsewhere meanwhile');
    await leave(terminal);
    expect(written(place)).toBe(theirs);
    expect(filesWith(place, SECRET)).toEqual([]);
  });

  test.skipIf(!LINUX)('a home that cannot be written is said, with what to do', async ({ place, mock }) => {
    wants(mock);
    const terminal = start(place, { OPENAI_BASE_URL: mock.url, RUNTIME_HOME: '/sys/runtime-home' });
    await terminal.answer(MENU, '1');
    await terminal.answer('Key, from', SECRET);
    await terminal.answer(PROFILES, '');
    await terminal.waitFor(/error: .*\/sys\/runtime-home[^]*next: /);
    await terminal.exited;
    expect(terminal.raw()).not.toContain(SECRET);
  });

  test('a terminal that can do nothing', async ({ place, mock }) => {
    wants(mock);
    const terminal = start(place, { OPENAI_BASE_URL: mock.url }, { term: 'dumb', columns: 30 });
    await terminal.answer('Number [1]:', '1');
    await terminal.answer('Key, from', SECRET);
    await terminal.answer('without asking', '2');
    await terminal.waitFor('Written');
    await terminal.settled();
    expect(terminal.raw()).not.toContain('\x1b');
    expect(terminal.raw()).not.toContain(SECRET);
    terminal.press('ctrl-d');
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
  });
});

describe('never where nobody should be asked', () => {
  test.for([
    ['with a key in the environment', [], { OPENAI_API_KEY: SECRET }],
    ['with a model', ['run', '--model', 'demo'], {}],
    ['with a configuration', ['--config', '/dev/null'], {}],
  ] as const)('%s', async ([, args, environment], { place }) => {
    const terminal = start(place, environment, { args: [...args] });
    await leave(terminal);
    expect(terminal.raw()).not.toContain('No model is configured');
  });

  test('with one message', async ({ place }) => {
    const terminal = start(place, {}, { args: ['run', 'hello'] });
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
    expect(terminal.screen()).toContain('offline demo');
    expect(terminal.screen()).not.toContain(MENU);
  });

  test('without a terminal at both ends', async ({ place }) => {
    for (const line of ['"$PROGRAM" | cat', '"$PROGRAM" </dev/null', 'echo hi | "$PROGRAM" run']) {
      const terminal = start(place, {}, { program: '/bin/sh', args: ['-c', line] });
      await terminal.exited;
      expect(terminal.scrollback()).not.toContain(MENU);
    }
  });

  test('below a tool of the agent', async ({ place }) => {
    const terminal = start(place, { RUNTIME_TOOL_CALL: 'c1.1.1' });
    await terminal.waitFor((screen) => screen !== '');
    expect(terminal.screen()).not.toContain(MENU);
    terminal.kill();
  });
});
