import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import type { HelloAnswer } from '../../../contract/api.ts';
import { CONTROL_PROTOCOL } from '../../../contract/host.ts';
import { createRequests, type Requests } from '../../../adapters/control/requests.ts';
import { underName } from '../../../adapters/control/prove.ts';
import { attach } from '../../../adapters/control/attach.ts';
import { descendsFromTool } from '../../../engine/caller.ts';
import { serveFake, VERSION } from '../testing/served-host.ts';
import { createGate } from './gate.ts';

const CLIENT = fileURLToPath(new URL('../testing/client-program.ts', import.meta.url));
const ME = { pid: process.pid, version: VERSION, protocol: CONTROL_PROTOCOL };
const HOLDER = { file: undefined, mayServe: () => {} };
const withProc = test.runIf(existsSync('/proc/self/comm'));

async function served(isTool = (_pid: number): boolean => false): Promise<{ path: string; requests: Requests }> {
  const { path, close } = await serveFake({ isTool });
  const requests = createRequests(path, systemClock);
  onTestFinished(async () => {
    requests.close();
    await close();
  });
  return { path, requests };
}

/** What a client says that a shell has started. */
async function client(path: string, shell: string, environment: Record<string, string>): Promise<string> {
  const child = spawn('/bin/sh', ['-c', shell, 'sh', process.execPath, CLIENT, path], {
    env: { PATH: '/usr/bin:/bin', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const chunk of child.stdout) said += String(chunk);
  return said.trim();
}

const outside = (pid: number): boolean => descendsFromTool(pid, '/nowhere');

withProc('a person is let in, a tool of the agent is not', async () => {
  const { path } = await served(outside);
  // Unless this very test runs in a tool.
  const expected = outside(process.pid) ? 'caller_is_tool' : 'connected';
  expect(await client(path, '"$@"; :', {})).toBe(expected);
  expect(await client(path, '"$@"; :', { RUNTIME_TOOL_CALL: 'c1.1.1' })).toBe('caller_is_tool');
});

withProc('nor is one that cleared its environment', async () => {
  const { path } = await served(outside);
  expect(await client(path, 'env -i "$@"; :', { RUNTIME_TOOL_CALL: 'c1.1.1' })).toBe('caller_is_tool');
});

withProc('nor is one that names another process', async () => {
  const { requests } = await served();
  const { pid } = spawn('/bin/sh', ['-c', 'read line'], { stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void process.kill(pid!, 'SIGKILL'));
  for (const other of [pid!, 1]) {
    const { nonce, challenge } = (await requests.ask<HelloAnswer>('POST', '/v1/hello', {
      body: { ...ME, pid: other },
    }))!;
    const proof = underName(nonce!, () => requests.ask('POST', '/v1/prove', { body: { challenge } }));
    await expect(proof).rejects.toMatchObject({ code: 'caller_is_tool' });
  }
  const gone = requests.ask('POST', '/v1/hello', { body: { ...ME, pid: 2 ** 22 + 1 } });
  await expect(gone).rejects.toMatchObject({ code: 'caller_is_tool' });
});

withProc('nor does it help to read the nonce of another, which everyone can', async () => {
  const { requests } = await served();
  const { nonce } = (await requests.ask<HelloAnswer>('POST', '/v1/hello', { body: ME }))!;
  const guess = requests.ask('POST', '/v1/prove', { body: { challenge: nonce } });
  await expect(guess).rejects.toMatchObject({ code: 'unauthenticated' });
});

withProc('a challenge holds once', async () => {
  const { requests } = await served();
  const { challenge } = (await requests.ask<HelloAnswer>('POST', '/v1/hello', { body: ME }))!;
  const prove = (): Promise<unknown> => requests.ask('POST', '/v1/prove', { body: { challenge } });
  await expect(prove()).rejects.toMatchObject({ code: 'caller_is_tool' });
  await expect(prove()).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('without a proof nothing is answered', async () => {
  const { requests } = await served();
  await expect(requests.ask('GET', '/v1/status')).rejects.toMatchObject({ code: 'unauthenticated' });
  requests.setToken('guess');
  await expect(requests.ask('GET', '/v1/status')).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('a token holds as long as its client is attached', async () => {
  const { requests } = await served();
  const { detach } = await attach(requests, ME, HOLDER);
  expect(await requests.ask('GET', '/v1/status')).toMatchObject({ program: 'fake' });
  detach();
  const refused = async (): Promise<boolean> => {
    const error: unknown = await requests.ask('GET', '/v1/status').catch((thrown: unknown) => thrown);
    return (error as { code?: string }).code === 'unauthenticated';
  };
  while (!(await refused())) await new Promise(setImmediate);
});

withProc('the process has its name back afterwards', async () => {
  const before = readFileSync('/proc/self/comm', 'utf8');
  const commandLine = readFileSync('/proc/self/cmdline', 'latin1');
  const { requests } = await served();
  await attach(requests, ME, HOLDER);
  expect(readFileSync('/proc/self/comm', 'utf8')).toBe(before);
  expect(readFileSync('/proc/self/cmdline', 'latin1')).toBe(commandLine);
});

test('another version is told both versions, both processes, and what to do', async () => {
  const { requests } = await served();
  for (const other of [{ version: '2.0.0' }, { protocol: 7 }]) {
    const hello = requests.ask('POST', '/v1/hello', { body: { ...ME, pid: 4711, ...other } });
    const error: unknown = await hello.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'version_mismatch', exitCode: 3 });
    const { message, next } = error as { message: string; next: string };
    for (const word of [`Process ${process.pid}`, 'process 4711', VERSION, other.version ?? 'protocol 7'])
      expect(message).toContain(word);
    expect(next).toContain(`End process ${process.pid}`);
  }
});

test('where there is no /proc the client is taken at its word', () => {
  const gate = createGate({
    clock: systemClock,
    version: VERSION,
    protocol: CONTROL_PROTOCOL,
    processes: undefined,
    isTool: () => true,
  });
  const { challenge, nonce } = gate.hello(ME);
  expect(nonce).toBeUndefined();
  expect(gate.prove(challenge)).toMatch(/^[\w-]{32}$/);
});

test('a process that ended between hello and proof is not mistaken for a later one with its id', () => {
  let start = '100';
  let name = '';
  const gate = createGate({
    clock: systemClock,
    version: VERSION,
    protocol: CONTROL_PROTOCOL,
    processes: { startOf: () => start, nameOf: () => name },
    isTool: () => false,
  });
  const { challenge, nonce } = gate.hello(ME);
  name = nonce!;
  start = '200';
  expect(() => gate.prove(challenge)).toThrow(expect.objectContaining({ code: 'caller_is_tool' }));
});

test('challenges that are never answered are forgotten', () => {
  let now = 0;
  const gate = createGate({
    clock: { ...systemClock, now: () => now },
    version: VERSION,
    protocol: CONTROL_PROTOCOL,
    processes: undefined,
    isTool: () => false,
  });
  const first = gate.hello(ME).challenge;
  for (let n = 0; n < 1000; n++) gate.hello(ME);
  expect(() => gate.prove(first)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  const late = gate.hello(ME).challenge;
  now = 10_000;
  expect(() => gate.prove(late)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
});
