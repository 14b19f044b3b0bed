import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startMockOpenai, type MockReply } from '../../../../test/support/mock-openai.ts';
import type { Environment } from '../../../base/environment.ts';
import { defaultConfig } from '../../../engine/testing/default-config.ts';
import { chooseModel } from './choose-model.ts';
import { createDialogue } from './dialogue.ts';
import type { LineInput } from './line-input.ts';
import { createTyping } from './testing/typing.ts';

/** Nothing listens there. */
const NO_OLLAMA = { OLLAMA_HOST: '127.0.0.1:1' };
const CTRL_C = '\x03';
const LIMIT_MS = 30_000;
vi.setConfig({ testTimeout: LIMIT_MS });

/** The choice of somebody who types these lines, and what they read. */
async function choose(environment: Environment, ...lines: string[]) {
  const { input, clock, stdout, written, type } = createTyping();
  onTestFinished(() => input.close());
  const beginning = { environment: { ...NO_OLLAMA, ...environment }, home: '/nowhere', clock, config: defaultConfig() };
  const answering: LineInput = {
    ...input,
    ask(prompt, options) {
      const answer = input.ask(prompt, options);
      const line = lines.shift();
      if (line !== undefined) type(line === CTRL_C ? line : `${line}\r`);
      return answer;
    },
  };
  const entry = await chooseModel(createDialogue(beginning, answering, stdout));
  return { entry, read: written() };
}

async function service(...replies: MockReply[]) {
  const mock = await startMockOpenai({ replies, fallback: { text: 'Yes.' } });
  onTestFinished(mock.close);
  return mock;
}

/** An Ollama that serves these; what it was asked with. */
async function ollama(...models: string[]): Promise<Environment> {
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ data: models.map((id) => ({ id })) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
  return { OLLAMA_HOST: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const failing = (message: string): MockReply => ({ status: 401, body: { error: { message } } });

test('where nothing is found there are keys, a login, another service, and none', async () => {
  const { entry, read } = await choose({}, '6');
  expect(entry).toBeUndefined();
  expect(read).toBe(
    [
      '',
      'Which model should answer?',
      '  1  OpenAI: paste a key',
      '  2  Anthropic: paste a key',
      '  3  Gemini: paste a key',
      '  4  ChatGPT: log in, and its plan pays',
      '  5  another service that is compatible with OpenAI: its address, and a key',
      '  6  none yet: an offline demo answers',
      'Number [1]: 6',
      '',
    ].join('\n'),
  );
});

test('a number that there isn’t is asked for again', async () => {
  const { entry, read } = await choose({}, '0', '7', 'x', '-1', '6');
  expect(entry).toBeUndefined();
  expect(read.match(/Type a number from 1 to 6\./g)).toHaveLength(4);
});

test('who has had enough gets no model, at every question', async () => {
  const ways = [[CTRL_C], ['1', CTRL_C], ['2', CTRL_C], ['5', CTRL_C], ['5', 'http://127.0.0.1:1/v1', CTRL_C]];
  for (const way of ways) expect((await choose({}, ...way)).entry).toBeUndefined();
});

test('nor is a service waited for that is asked for its models and says nothing', async () => {
  const { input, clock, stdout, type } = createTyping();
  onTestFinished(() => input.close());
  const server = createServer(() => type(CTRL_C));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const beginning = { environment: NO_OLLAMA, home: '/nowhere', clock, config: defaultConfig() };
  const chosen = chooseModel(createDialogue(beginning, input, stdout));
  type(`5\r${address}\r\r`);
  expect(await chosen).toBeUndefined();
});

test('a pasted key is tried at the service before it is kept, and never shown', async () => {
  const { url, requests } = await service();
  const { entry, read } = await choose({ OPENAI_BASE_URL: url }, '1', 'sk-1234567890');
  expect(entry).toMatchObject({ provider: 'openai', api_key: 'sk-1234567890' });
  expect(requests[0]?.headers.authorization).toBe('Bearer sk-1234567890');
  expect(read).toContain(`OpenAI (${new URL(url).host}): paste a key`);
  expect(read).toContain('It answers.');
  expect(read).not.toContain('1234567890');
});

test.each([
  ['2', 'ANTHROPIC_BASE_URL', 'anthropic', 'console.anthropic.com', 'x-api-key'],
  ['3', 'GOOGLE_GEMINI_BASE_URL', 'gemini', 'aistudio.google.com', 'x-goog-api-key'],
])('the key of another provider is tried there: %s', async (number, variable, provider, page, header) => {
  const { url, requests } = await service(failing('no'));
  const { entry, read } = await choose({ [variable]: url }, number, 'sk-other-1234', '3');
  expect(entry).toMatchObject({ provider, api_key: 'sk-other-1234' });
  expect(requests[0]?.headers[header]).toBe('sk-other-1234');
  expect(read).toContain(page);
  expect(read).not.toContain('sk-other-1234');
});

test('what is no key is not sent', async () => {
  const { url, requests } = await service();
  const { entry, read } = await choose({ OPENAI_BASE_URL: url }, '1', '', 'my key', 'schlüssel', 'sk-1');
  expect(entry).toMatchObject({ api_key: 'sk-1' });
  expect(read.match(/Nothing came\./g)).toHaveLength(1);
  expect(read.match(/That is no key/g)).toHaveLength(2);
  expect(requests).toHaveLength(1);
});

test('a service that refuses: why, without the key, and one may try again, keep it, or leave it', async () => {
  const again = await service(failing('bad key sk-wrong'));
  const { entry, read } = await choose({ OPENAI_BASE_URL: again.url }, '1', 'sk-wrong', '1', 'sk-right');
  expect(entry).toMatchObject({ api_key: 'sk-right' });
  expect(read).toContain('It does not: ');
  expect(read).not.toContain('sk-wrong');

  const kept = await service(failing('no'));
  expect((await choose({ OPENAI_BASE_URL: kept.url }, '1', 'sk-x', '3')).entry).toMatchObject({ api_key: 'sk-x' });
  const left = await service(failing('no'));
  expect((await choose({ OPENAI_BASE_URL: left.url }, '1', 'sk-x', '4')).entry).toBeUndefined();
});

test('another service: its address, a key or none, and its only model', async () => {
  const { url, requests } = await service();
  const { entry, read } = await choose({}, '5', 'localhost', 'ftp://x/', url, '', '1');
  expect(entry).toEqual({ name: 'mock', provider: 'openai', base_url: url, api_key: 'none' });
  expect(read.match(/That is no address/g)).toHaveLength(2);
  // The key of somebody else is not sent to it.
  expect(requests[0]?.headers.authorization).toBe('Bearer none');
  expect((await choose({}, '5', url, 'sk-other', '1')).entry).toMatchObject({ api_key: 'sk-other' });
});

test('a service that doesn’t say what it serves: any name', async () => {
  const { read, entry } = await choose({}, '5', 'http://127.0.0.1:1/v1', '', '', 'my-model', '3');
  expect(read).toContain('Name of the model: ');
  expect(entry).toMatchObject({ name: 'my-model', base_url: 'http://127.0.0.1:1/v1' });
});

test('a key in the environment stays there', async () => {
  const { read } = await choose({ GROQ_API_KEY: 'gsk', MISTRAL_API_KEY: '' }, CTRL_C);
  expect(read).toContain('  1  Groq, by the key in GROQ_API_KEY\n');
  expect(read).not.toContain('Mistral');
});

test('an Ollama on this machine is proposed first, and its only model needs no question', async () => {
  const { read, entry } = await choose(await ollama('llama'), '');
  expect(read).toContain('  1  Ollama on this machine: llama\n');
  expect(entry).toEqual({ name: 'llama', provider: 'ollama' });
});

test('few models are listed, many are searched', async () => {
  const few = await choose(await ollama('one', 'two', 'three', 'four'), '1', '2');
  expect(few.read).toContain('Ollama on this machine: one, two, three and 1 more');
  expect(few.entry).toMatchObject({ name: 'two' });

  const names = Array.from({ length: 12 }, (_, n) => `model-number-${n}`);
  const many = await choose(await ollama(...names), '1', '', 'model-nubmer-3', 'model-number-3');
  expect(many.entry).toMatchObject({ name: 'model-number-3' });
  expect(many.read).toContain('It has no model model-nubmer-3. Did you mean model-number-3?');
});

test('names from a service can’t write on the terminal', async () => {
  const { read } = await choose(await ollama('\x1b[2Jone', 'two'), '1', CTRL_C);
  expect(read).not.toContain('\x1b');
});

test('who leaves while the model is asked waits for nothing', async () => {
  const { url, requests } = await service({ hangHead: true });
  const { input, clock, stdout, type } = createTyping();
  const environment = { ...NO_OLLAMA, OPENAI_BASE_URL: url };
  const choosing = chooseModel(
    createDialogue({ environment, home: '/', clock, config: defaultConfig() }, input, stdout),
  );
  type('1\rsk-1\r');
  await vi.waitFor(() => expect(requests).toHaveLength(1), { timeout: LIMIT_MS });
  type(CTRL_C);
  expect(await choosing).toBeUndefined();
});
