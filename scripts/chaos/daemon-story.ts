/**
 * What the sweep does with a daemon, as its clients would: a message to each lane, of which one runs a command; a job that
 * runs a command, and one that asks the model; an end by SIGTERM. Whatever became of it, the next life goes on: each
 * message is sent again with its key, and all must come to its end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Firing } from '../../src/contract/schedule.ts';
import { runProgram, type Ran } from '../../src/engine/chaos/scratch.ts';

const LAUNCHER = join(import.meta.dirname, '../../bin/runtime');
const SOON_MS = 1000;
const AGAIN_MS = 50;
const LONGEST_MS = 60_000;

/** By their keys, which also begin their texts. */
export const MESSAGES = [
  { idempotency_key: 'one', session_id: 'one', lane: 'interactive', content: 'one tool' },
  { idempotency_key: 'two', session_id: 'two', lane: 'background', content: 'two chat' },
] as const;
export const JOBS = [
  { name: 'makes', command: 'echo makes >>jobs.log', catch_up: 'once' },
  { name: 'asks', prompt: 'asks chat', catch_up: 'once' },
] as const;

/** What its clients were told. */
export interface Told {
  /** By key: the ids with which the message was acknowledged first. */
  accepted: Map<string, string>;
  /** Answers that contradict an earlier one, or that nobody should get. */
  odd: string[];
}

export interface DaemonStory {
  workspace: string;
  project: string;
  /** Makes the folder anew: nothing has happened yet. */
  begin(): void;
  /** A daemon from its start to its end. `under`: what is put before it. */
  live(told: Told, under?: readonly string[]): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Another command of the program. */
  run(args: readonly string[]): Promise<Ran>;
}

export function createDaemonStory(folder: string, modelUrl: string, signal: AbortSignal): DaemonStory {
  const [home, project] = [join(folder, 'home'), join(folder, 'project')];
  const env = { PATH: process.env['PATH']!, HOME: folder, RUNTIME_HOME: home, OLLAMA_HOST: '127.0.0.1:1', UV_THREADPOOL_SIZE: '1' }; // prettier-ignore
  const config = {
    budget: { day: { tokens: 100_000_000 } }, // so that the ledger is written
    models: { default: 'wire', registry: [{ name: 'wire', base_url: modelUrl, wire: 'responses', api_key: 'none' }] },
    governance: { auto_allow: ['exec_command'] },
  };
  return {
    workspace: join(home, 'workspaces/default'),
    project,
    begin() {
      rmSync(folder, { recursive: true, force: true });
      for (const path of [folder, home, project]) mkdirSync(path, { recursive: true, mode: 0o700 });
      writeFileSync(join(home, 'config.yaml'), JSON.stringify(config), { mode: 0o600 });
    },
    async live(told, under = []) {
      const [program, ...args] = [...under, LAUNCHER, 'daemon', '--port', '0'];
      const how = { cwd: project, env, signal, killSignal: 'SIGKILL' as const };
      const child = spawn(program, args, { ...how, stdio: ['ignore', 'pipe', 'ignore'] });
      const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
      ended.catch(() => {});
      const ready = await readyLine(child, ended);
      if (ready) {
        const token = readFileSync(join(home, 'daemon.token'), 'utf8').trim();
        const gone = new AbortController();
        ended.finally(() => gone.abort()).catch(() => {});
        await use(asker(ready.url, token, gone.signal), told).catch((thrown: unknown) => {
          if (!gone.signal.aborted && !isCut(thrown)) throw thrown;
        });
        if (!gone.signal.aborted) kill(ready.pid);
      }
      const [code, by] = await ended;
      return { code, signal: by };
    },
    run: (args) => runProgram([LAUNCHER, ...args], { cwd: project, env, signal }),
  };
}

async function readyLine(
  child: ChildProcess,
  ended: Promise<unknown>,
): Promise<{ url: string; pid: number } | undefined> {
  const line = await Promise.race([
    once(createInterface({ input: child.stdout! }), 'line'),
    ended.then(() => undefined),
  ]);
  return line && (JSON.parse(line[0] as string) as { url: string; pid: number });
}

/** It may just have been killed. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It is gone already.
  }
}

/** The connection broke: whom it led to is gone, or about to be. */
function isCut(thrown: unknown): boolean {
  return thrown instanceof TypeError;
}

type Ask = <T>(method: string, path: string, body?: unknown) => Promise<{ status: number; body: T }>;

function asker(url: string, token: string, gone: AbortSignal): Ask {
  return async <T>(method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([gone, AbortSignal.timeout(LONGEST_MS)]),
    });
    return { status: response.status, body: (await response.json()) as T };
  };
}

/** Sends everything, once more where it was sent before, and waits for its end. */
async function use(ask: Ask, { accepted, odd }: Told): Promise<void> {
  for (const message of MESSAGES) {
    const { idempotency_key: key } = message;
    const { status, body } = await ask<{ event_id: string; session_id: string }>('POST', '/v1/events', message);
    const ids = `${body.event_id} ${body.session_id}`;
    if (status !== 202 && status !== 200) odd.push(`${key}: sent, and answered ${status}`);
    const before = accepted.get(key);
    if (before !== undefined && before !== ids) odd.push(`${key}: acknowledged as ${before}, later as ${ids}`);
    if (before !== undefined && status !== 200) odd.push(`${key}: known, and answered ${status}`);
    accepted.set(key, before ?? ids);
  }
  for (const job of JOBS) {
    const at = new Date(Date.now() + SOON_MS).toISOString();
    const { status } = await ask('POST', '/v1/schedules', { ...job, at });
    if (status !== 201 && status !== 409) odd.push(`${job.name}: made, and answered ${status}`);
  }
  for (const ids of accepted.values()) {
    const { body } = await ask<{ status: string }>('GET', `/v1/events/${ids.split(' ')[0]}?wait_ms=${LONGEST_MS / 2}`);
    if (body.status !== 'done') odd.push(`${ids}: ${body.status} after a long wait`);
  }
  for (const { name } of JOBS) {
    for (let waited = 0; ; waited += AGAIN_MS) {
      const { body } = await ask<{ history: Firing[] }>('GET', `/v1/schedules/${name}/history`);
      if (body.history.some(({ outcome }) => outcome !== undefined)) break;
      if (waited > LONGEST_MS / 2) return void odd.push(`${name}: its run has not come to its end`);
      await delay(AGAIN_MS);
    }
  }
}
