/** The daemon of a load run: started, killed, stopped, and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export interface Served {
  /** How often it was started. */
  starts(): number;
  /** Asks; waits while the daemon is away, and when it says so. Gives the status and what was answered. */
  ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  /** A response whose body is read as it comes. Rejects when there is none. */
  open(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Ends it: `SIGKILL` at once, `SIGTERM` in order; then starts it again. */
  restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  stop(): Promise<number | null>;
}

const AGAIN_MS = 50;
const TRY_MS = 60_000;

export async function serve(launcher: string, home: string, project: string): Promise<Served> {
  const log = openSync(join(home, 'daemon-stderr.log'), 'a');
  let url = '';
  let child: ChildProcess;
  let starts = 0;
  let token = '';

  async function start(): Promise<void> {
    child = spawn(launcher, ['daemon', '--port', '0'], {
      cwd: project,
      env: { PATH: process.env['PATH'], HOME: home, RUNTIME_HOME: home, OLLAMA_HOST: '127.0.0.1:1' },
      stdio: ['ignore', 'pipe', log],
    });
    const line = await Promise.race([
      once(createInterface({ input: child.stdout! }), 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the daemon ended with ${code}: see ${home}`))),
    ]);
    ({ url } = JSON.parse(line[0] as string) as { url: string });
    token = readFileSync(join(home, 'daemon.token'), 'utf8').trim();
    starts++;
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }

  const request = (method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Response> =>
    fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TRY_MS),
    });

  await start();
  return {
    starts: () => starts,
    async ask<T>(method: string, path: string, body?: unknown) {
      for (;;) {
        try {
          const response = await request(method, path, body, {});
          const text = await response.text();
          if (response.status !== 429 && response.status !== 503) {
            return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
          }
        } catch {
          // It is away, or went while it answered: what came of it is found out by asking again.
        }
        await delay(AGAIN_MS);
      }
    },
    async open(path, headers = {}) {
      return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } });
    },
    async restart(signal) {
      await end(signal);
      await start();
    },
    stop: () => end('SIGTERM'),
  };
}
