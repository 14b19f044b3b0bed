import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Environment } from '../../base/environment.ts';
import { examine } from './doctor.ts';
import { examineNode } from './node.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runtime-doctor-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (text: string, mode = 0o600): void => writeFileSync(join(home, 'config.yaml'), text, { mode });

const findings = async (environment: Environment = {}) =>
  (
    await examine({
      environment: { RUNTIME_HOME: home, RUNTIME_SANDBOX_MODE: 'off', ...environment },
      overrides: new Map(),
    })
  ).map((finding) => ({
    ...finding,
    message: finding.message.replaceAll(home, 'HOME'),
    ...(finding.next && { next: finding.next.replaceAll(home, 'HOME') }),
  }));

const problems = async (environment?: Environment) =>
  (await findings(environment)).filter(({ status }) => status === 'problem');

test('on a fresh home all is well, and what is only worth knowing is a note', async () => {
  const found = await findings();
  expect(found.map(({ check, status }) => `${check} ${status}`)).toEqual([
    'config ok',
    'policy ok',
    'model note',
    'home ok',
    'disk ok',
    'workspace ok',
    'lock ok',
    'records ok',
    'node ok',
    'sandbox note',
  ]);
  expect(found[2]).toMatchObject({ message: 'no key found: the offline demo answers' });
});

test('what confines commands is named with what it leaves; or why there is none, and what that means', async () => {
  const about = async (mode: string, HOME?: string) =>
    (await findings({ RUNTIME_SANDBOX_MODE: mode, ...(HOME && { HOME }) })).find(({ check }) => check === 'sandbox');
  expect(await about('off')).toMatchObject({
    status: 'note',
    message: expect.stringMatching(/^sandbox.mode is off: /),
  });
  expect(await about('auto')).toMatchObject({
    message: expect.stringMatching(
      /^(bubblewrap|landlock): commands change the project alone .* Not stopped: |^none here, /,
    ),
  });
  expect(await about('auto', process.cwd())).toMatchObject({
    status: 'note',
    message: `none here, so every command asks (the project holds your home, ${process.cwd()})`,
  });
  expect(await about('required', process.cwd())).toMatchObject({
    status: 'problem',
    message: expect.stringContaining('so every command is refused'),
    next: expect.stringContaining('bubblewrap'),
  });
});

test.each(['audit.jsonl', 'ingress/1.jsonl', 'governance/grants.jsonl'])(
  '%s that is damaged is a problem',
  async (file) => {
    const path = join(home, 'workspaces/default', file);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, '{"v":1,"seq":7}\n', { mode: 0o600 });
    const found = (await problems()).filter(({ check }) => check === 'records');
    expect(found).toMatchObject([{ message: expect.stringContaining('damaged') }]);
  },
);

test('a secret that others may read is a problem, with how to close it', async () => {
  const secrets = ['daemon.token', 'auth/tokens.json', 'webhook-secret', 'daemon.env'];
  mkdirSync(join(home, 'auth'));
  for (const name of secrets) writeFileSync(join(home, name), '', { mode: 0o600 });
  expect(await problems()).toEqual([]);
  for (const name of secrets) chmodSync(join(home, name), 0o640);
  expect(await problems()).toEqual(
    secrets.map((name) => ({
      check: 'secrets',
      status: 'problem',
      message: `others may read or change HOME/${name}`,
      next: `chmod 600 HOME/${name}`,
    })),
  );
});

test('a broken configuration is one problem; what does not depend on it is still looked at', async () => {
  write('governnance: {}\n');
  const found = await findings();
  expect(found[0]).toMatchObject({
    check: 'config',
    status: 'problem',
    message: 'HOME/config.yaml:1:1: governnance: unknown key; did you mean governance?',
  });
  expect(found.map(({ check }) => check)).toEqual(['config', 'home', 'disk', 'node']);
});

test('A-114: each finding says how to mend it', async () => {
  write('models: {registry: [{name: a, api_key_env: MY_KEY}, {name: b, api_key: sk-1}], default: a}\n', 0o644);
  const folder = join(home, 'workspaces/default');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o750);
  expect(await problems()).toEqual([
    { check: 'config', status: 'problem', message: 'HOME/config.yaml holds an api_key and others may read it', next: 'chmod 600 HOME/config.yaml' },
    { check: 'model', status: 'problem', message: 'a: the key is missing; MY_KEY is not set', next: 'export MY_KEY=… (or name another variable in api_key_env)' },
    { check: 'workspace', status: 'problem', message: 'others may look into HOME/workspaces/default', next: 'chmod go-rwx HOME/workspaces/default' },
  ]); // prettier-ignore
});

test('keys that no model is asked with are named', async () => {
  const notes = (await findings({ ANTHROPIC_API_KEY: 'x', ZAI_API_KEY: 'x' })).filter(({ check }) => check === 'model');
  expect(notes).toMatchObject([
    { status: 'ok', message: expect.stringContaining('(anthropic)') as string },
    { status: 'note', message: expect.stringMatching(/^not used: ZAI_API_KEY \(/) as string },
  ]);
});

test('a script model whose script is not there', async () => {
  write('models: {registry: [{name: a, provider: script, script: /nowhere/x.yaml}]}\n');
  expect(await problems()).toMatchObject([{ check: 'model', message: "a: can't read its script /nowhere/x.yaml" }]);
});

test('a home that is a file', async () => {
  const file = join(home, 'file');
  writeFileSync(file, '');
  const found = await problems({ RUNTIME_HOME: file });
  expect(found.map(({ check }) => check)).toContain('home');
});

test('an Ollama that nobody started, or that lacks the model, is a problem; one that has it is well', async () => {
  const server = createServer((_, response) => response.end(JSON.stringify({ data: [{ id: 'qwen3:8b' }] })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const model = async (name: string, OLLAMA_HOST: string) => {
    write(`models: {default: local, registry: [{name: local, provider: ollama, model: "${name}"}]}\n`);
    return (await findings({ OLLAMA_HOST })).find(({ check }) => check === 'model');
  };
  try {
    const host = `127.0.0.1:${port}`;
    expect(await model('qwen3:8b', host)).toMatchObject({ status: 'ok', message: `local (ollama at ${host})` });
    expect(await model('other', host)).toMatchObject({ status: 'problem', next: expect.stringContaining('qwen3:8b') });
  } finally {
    server.close();
  }
  expect(await model('qwen3:8b', '127.0.0.1:1')).toMatchObject({
    status: 'problem',
    message: 'local: no Ollama answers at 127.0.0.1:1',
  });
});

test('who holds the workspace is read from owner.json', async () => {
  const folder = join(home, 'workspaces/default');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = (pid: number): void => writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid, program: 'runtime', version: '1', started_at: 0 })); // prettier-ignore
  const lock = async () => (await findings()).find(({ check }) => check === 'lock');
  owner(process.pid);
  expect(await lock()).toMatchObject({ status: 'note', message: `held by runtime, process ${process.pid}` });
  owner(2 ** 22 + 1); // above the highest pid of Linux
  expect(await lock()).toMatchObject({
    status: 'ok',
    message: `free; process ${2 ** 22 + 1}, which held it last, is gone`,
  });
});

test.each([
  ['22.23.3', 'problem'],
  ['24.15.0', 'problem'],
  ['24.16.0', 'ok'],
  ['25.9.0', 'problem'],
  ['26.0.0', 'problem'],
  ['26.1.0', 'ok'],
  ['28.0.0', 'ok'],
])('Node %s is %s', (version, status) => {
  expect(examineNode(version)).toMatchObject([{ check: 'node', status }]);
});
