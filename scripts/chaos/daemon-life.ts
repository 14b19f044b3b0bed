/**
 * A daemon of a folder of its own, from its start to its end by SIGTERM, and what its clients do with it. Whatever became of
 * it, the next life goes on: each message is sent again with its key, and all must come to its end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SubmissionBody } from '../../src/contract/api.ts';
import { type Ran, runProgram } from '../../src/engine/chaos/scratch.ts';
import { LAUNCHER } from './part.ts';

/** Nobody waits longer for an answer. */
export const LONGEST_MS = 60_000;

/** By its key. */
export type Message = SubmissionBody & { idempotency_key: string; session_id: string };

/** What its clients were told. */
export interface Told {
  /** By key: the ids with which the message was acknowledged first. */
  accepted: Map<string, string>;
  /** Answers that contradict an earlier one, or that nobody should get. */
  odd: string[];
}

export type Ask = <T>(method: string, path: string, body?: unknown) => Promise<{ status: number; body: T }>;

/** What clients do in a life; the rest of it in the next. */
export type Use = (ask: Ask, told: Told) => Promise<void>;

export interface DaemonLife {
  workspace: string;
  project: string;
  /** Makes the folder anew: nothing has happened yet. */
  begin(): void;
  /** A daemon from its start to its end. `under`: what is put before it. */
  live(
    use: Use,
    told: Told,
    under?: readonly string[],
  ): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Another command of the program. */
  run(args: readonly string[]): Promise<Ran>;
}

/** What is swept: a life, which may go on from what another left. */
export interface DaemonPlay {
  life: DaemonLife;
  /** Makes all as it is before that life, and gives what was told until then. */
  begin(): Told;
  use: Use;
  /** To be asked for when an undisturbed life has come to its end. Gives what doesn't hold, in words. */
  checker(): (told: Told) => Promise<string[]>;
  close(): Promise<void>;
}

export type OpenDaemonPlay = (folder: string, signal: AbortSignal) => Promise<DaemonPlay>;

export const nothingTold = (): Told => ({ accepted: new Map(), odd: [] });

export function createDaemonLife(folder: string, config: object, signal: AbortSignal): DaemonLife {
  const [home, project] = [join(folder, 'home'), join(folder, 'project')];
  const env = { PATH: process.env['PATH']!, HOME: folder, RUNTIME_HOME: home, OLLAMA_HOST: '127.0.0.1:1', UV_THREADPOOL_SIZE: '1' }; // prettier-ignore
  return {
    workspace: join(home, 'workspaces/default'),
    project,
    begin() {
      for (const path of [home, project]) rmSync(path, { recursive: true, force: true });
      for (const path of [home, project]) mkdirSync(path, { recursive: true, mode: 0o700 });
      writeFileSync(join(home, 'config.yaml'), JSON.stringify(config), { mode: 0o600 });
    },
    async live(use, told, under = []) {
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

/** Sends a message, once more where it was sent before: then the ids are the same. */
export async function send(ask: Ask, { accepted, odd }: Told, message: Message): Promise<void> {
  const { idempotency_key: key } = message;
  const { status, body } = await ask<{ event_id: string; session_id: string }>('POST', '/v1/events', message);
  const ids = `${body.event_id} ${body.session_id}`;
  if (status !== 202 && status !== 200) odd.push(`${key}: sent, and answered ${status}`);
  const before = accepted.get(key);
  if (before !== undefined && before !== ids) odd.push(`${key}: acknowledged as ${before}, later as ${ids}`);
  if (before !== undefined && status !== 200) odd.push(`${key}: known, and answered ${status}`);
  accepted.set(key, before ?? ids);
}

/** How a message stands, when it has come to its end or after a while. */
export async function statusOf(ask: Ask, { accepted }: Told, key: string, waitMs = LONGEST_MS / 2): Promise<string> {
  const [event_id] = accepted.get(key)!.split(' ');
  const { body } = await ask<{ status: string }>('GET', `/v1/events/${event_id}?wait_ms=${waitMs}`);
  return body.status;
}
