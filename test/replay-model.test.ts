/** `session replay --model`: another model is asked what the recorded one was, with the recorded results. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ReplayReport } from '../src/contract/replay.ts';
import type { Script } from '../src/contract/script.ts';
import type { MockRequest } from './support/mock-openai.ts';
import { KEY, type Place, test } from './support/place.ts';

const run = (cmd: string) => ({ calls: [{ tool: 'exec_command', arguments: { cmd, timeout_ms: 5000 } }] });

const RECORDED: Script['turns'] = [
  { match: { tool_result: 'exec_command', request: 3 }, reply: { text: 'Both are done.' } },
  { match: { tool_result: 'exec_command' }, reply: run('echo two >> ran.txt') },
  { match: { equals: 'do both' }, reply: run('echo one >> ran.txt') },
  { match: { any: true }, reply: { text: 'Hello.' } },
];
/** Goes another way in the second request of the first turn. */
const OTHER: Script['turns'] = [
  { match: { tool_result: 'exec_command' }, reply: { text: 'One is enough.' } },
  { match: { equals: 'do both' }, reply: run('echo one >> ran.txt') },
  { match: { any: true }, reply: { text: 'Good day.' } },
];

/** A session of two turns, and the models `scripted`, `other` and, with a service, `service`. */
async function play(place: Place, url = 'http://127.0.0.1:1/v1', entry: object = {}): Promise<void> {
  const script = (name: string, turns: Script['turns']): object => {
    const path = join(place.home, `${name}.yaml`);
    writeFileSync(path, JSON.stringify({ model: 'script/v1', turns } satisfies Script));
    return { name, provider: 'script', script: path };
  };
  const service = {
    name: 'service',
    base_url: url,
    wire: 'chat',
    api_key: KEY,
    price: { input: 1, output: 10 },
    ...entry,
  };
  place.configure({
    models: { default: 'scripted', registry: [script('scripted', RECORDED), script('other', OTHER), service] },
    governance: { auto_allow: ['exec_command'] },
  });
  for (const message of ['do both', 'hi']) {
    expect((await place.run(['run', '--session', 'one', message])).code).toBe(0);
  }
  expect(place.read('ran.txt')).toBe('one\ntwo\n');
}

const replay = (place: Place, ...args: string[]) => place.run(['session', 'replay', 'one', '--model', ...args]);
const report = async (place: Place, ...args: string[]): Promise<ReplayReport> =>
  JSON.parse((await replay(place, ...args, '-o', 'json')).stdout) as ReplayReport;

test('the same model says the same, exit 0; nothing is run or written', async ({ place }) => {
  await play(place);
  const before = everyFile(place.home);
  const { code, stdout } = await replay(place, 'scripted');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^turn 1, think 1 {2}same: calls exec_command\nturn 1, think 2 {2}same: calls exec_command\nturn 1, think 3 {2}same: answers\nturn 2, think 1 {2}same: answers\nscripted: 4 the same, 0 diverged; [\d,]+ tokens, no price is known\n$/,
  );
  expect(place.read('ran.txt')).toBe('one\ntwo\n');
  expect(everyFile(place.home)).toEqual(before);
});

test('where it goes another way both are shown, and the next turn is asked from the recorded past, exit 1', async ({
  place,
}) => {
  await play(place);
  const { code, stdout } = await replay(place, 'other');
  expect(code).toBe(1);
  const lines = stdout.split('\n').map((line) => line.replace(/ +/g, ' '));
  expect(lines.slice(0, 4)).toEqual([
    'turn 1, think 1 same: calls exec_command',
    'diverges at turn 1, think 2: recorded calls exec_command / other answers',
    ' recorded │ other',
    ' exec_command {"cmd":"echo two >> │ One is enough.',
  ]);
  expect(stdout).toContain('turn 1, think 3  not asked: the turn went another way before');
  expect(stdout).toContain('turn 2, think 1  same: answers');
  expect(await report(place, 'other')).toMatchObject({ same: 2, diverged: 1, not_asked: 1, failed: 0 });
  expect(await report(place, 'other', '--stop-at-first')).toMatchObject({ same: 1, diverged: 1, not_asked: 2 });
  expect(await report(place, 'other', '--from', '2')).toMatchObject({ same: 1, diverged: 0, not_asked: 0 });
  expect((await replay(place, 'other', '--from', '2')).code).toBe(0);
});

test('a service gets the recorded history, and what it costs is told', async ({ place, mock }) => {
  await play(place, mock.url);
  const call = (args: object) => ({ name: 'exec_command', arguments: JSON.stringify(args) });
  const usage = { input: 1000, output: 10 };
  mock.reply(
    // The same arguments, written in another order.
    { calls: [call({ timeout_ms: 5000, cmd: 'echo one >> ran.txt' })], usage },
    { calls: [call({ cmd: 'echo two >> ran.txt', timeout_ms: 5000 })], usage },
    { text: 'All of it.', usage },
    { calls: [call({ cmd: 'rm -rf .', timeout_ms: 1 })], usage },
  );
  const { code, stdout } = await replay(place, 'service');
  expect(code).toBe(1);
  expect(stdout).toContain('diverges at turn 2, think 1: recorded answers / service calls exec_command');
  expect(stdout).toContain('service: 3 the same, 1 diverged; 4,040 tokens, $0.0044');
  const sent = mock.requests.map(({ body }: MockRequest) => body as { model: string; messages: { role: string }[] });
  expect(sent.map(({ messages }) => messages.map(({ role }) => role).slice(1))).toEqual([
    ['user'],
    ['user', 'assistant', 'tool'],
    ['user', 'assistant', 'tool', 'assistant', 'tool'],
    ['user', 'assistant', 'tool', 'assistant', 'tool', 'assistant', 'user'],
  ]);
  expect(place.read('ran.txt')).toBe('one\ntwo\n');
});

test('it ends before a limit is passed, and says so', async ({ place, mock }) => {
  await play(place, mock.url);
  mock.reply({ text: 'x' }, { text: 'y' });
  expect(await report(place, 'scripted', '--max-calls', '2')).toMatchObject({ same: 2, not_asked: 2 });
  expect((await replay(place, 'scripted', '--max-calls', '2')).stdout).toContain('not asked: --max-calls is reached');
  expect((await replay(place, 'service', '--max-cost', '0.0001')).stdout).toContain(
    'not asked: --max-cost could be passed',
  );
  expect(mock.requests).toEqual([]);
  expect(await replay(place, 'scripted', '--max-cost', '1')).toMatchObject({ code: 2 });
  expect(await place.run(['session', 'replay', 'one', '--max-cost', '1'])).toMatchObject({ code: 2, stdout: '' });
});

test('no key: exit 4, before anything is asked; a refused key: exit 4; a service that fails: told', async ({
  place,
  mock,
}) => {
  await play(place, mock.url, { api_key: undefined, api_key_env: 'NO_SUCH_KEY' });
  expect(await replay(place, 'service')).toMatchObject({ code: 4, stderr: expect.stringContaining('NO_SUCH_KEY') });
  expect(mock.requests).toEqual([]);
  const environment = { NO_SUCH_KEY: KEY };
  mock.reply({ status: 401 });
  const args = ['session', 'replay', 'one', '--model', 'service'];
  expect((await place.run(args, { environment })).code).toBe(4);
  mock.reply({ status: 400 }, { text: 'Hello.' });
  const failed = await place.run(args, { environment });
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/turn 1, think 1 {2}no reply \(invalid_request\): /);
  expect(failed.stdout).toContain('1 without a reply');
});

test('a request that the journal does not give again is not asked, exit 7', async ({ place }) => {
  await play(place);
  const frozen = place.journal('one').find(({ type }) => type === 'turn.started')!.data as { frozen: string };
  const hex = frozen.frozen.slice('sha256:'.length);
  const blob = join(place.home, 'workspaces/default/blobs/sha256', hex.slice(0, 2), hex);
  writeFileSync(blob, readFileSync(blob, 'utf8').replace('"v":1', '"v":2'));
  expect(await replay(place, 'other')).toMatchObject({ code: 7, stdout: '' });
});

function everyFile(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'hex')]),
  );
}
