/** A daemon in a home of its own, and a model for it, as processes of their own; and what asks them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { daemon } from './measure.ts';

export interface Service {
  url: string;
  token: string;
  pid: number;
}

export interface Bench {
  /** A model that answers after so long (ms). */
  model(delayMs?: number): Promise<Service>;
  /** A daemon over it; `sections`: of its configuration. */
  daemon(model: Service, sections: Record<string, object>): Promise<Service>;
  /** A program of this folder that prints its URL. */
  script(name: string, ...args: string[]): Promise<Service>;
  /** A folder of it, removed in the end. */
  folder: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 2000 });

/** Ends all that was started when `work` is done. */
export async function withBench(work: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
  const children: ChildProcess[] = [];
  let homes = 0;

  async function start([command, ...args]: string[], environment = {}): Promise<{ line: string; pid: number }> {
    const child = spawn(command!, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, ...environment },
      stdio: ['ignore', 'pipe', 'ignore'], // a daemon says much
    });
    children.push(child);
    const ended = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${args.join(' ')} ended with ${code}`)),
    );
    ended.catch(() => {}); // later it is ended here
    const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [string];
    return { line, pid: child.pid! };
  }

  async function script(name: string, ...args: string[]): Promise<Service> {
    const { line, pid } = await start([process.execPath, join(import.meta.dirname, name), ...args]);
    return { url: line, token: '', pid };
  }

  try {
    await work({
      folder,
      script,
      model: (delayMs = 0) => script('quick-model.ts', String(delayMs)),
      async daemon(model, sections) {
        const home = join(folder, `home-${++homes}`);
        mkdirSync(home, { mode: 0o700 });
        const registry = [{ name: 'quick', base_url: `${model.url}/v1`, wire: 'responses', api_key: 'none' }];
        const config = { models: { default: 'quick', registry }, ...sections };
        writeFileSync(join(home, 'config.yaml'), JSON.stringify(config), { mode: 0o600 });
        const { line, pid } = await start([...daemon, '--port', '0'], { RUNTIME_HOME: home });
        const { url } = JSON.parse(line) as { url: string };
        return { url, pid, token: readFileSync(join(home, 'daemon.token'), 'utf8').trim() };
      },
    });
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** @throws Error for an answer of 300 and above: `refused` says which */
export function ask<T>({ url, token }: Service, method: string, path: string, body?: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = httpRequest(`${url}${path}`, {
      method,
      agent,
      headers: {
        authorization: `Bearer ${token}`,
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let said = '';
      response.setEncoding('utf8').on('data', (piece: string) => (said += piece));
      response.on('end', () => {
        const status = response.statusCode!;
        if (status >= 300) return reject(new Refused(`${method} ${path}: ${status} ${said}`, status));
        resolve((said.startsWith('{') ? JSON.parse(said) : undefined) as T);
      });
    });
    sent.end(text);
  });
}

export class Refused extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Sends messages, so many clients at a time, each its next one when its last was accepted. Gives how many a second. */
export async function acceptRate(
  service: Service,
  { clients, count, body }: { clients: number; count: number; body: (n: number) => object },
): Promise<number> {
  let sent = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (sent < count) await ask(service, 'POST', '/v1/events', body(sent++));
    }),
  );
  return (count / (performance.now() - began)) * 1000;
}

/** Resident bytes. */
export function memoryOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kib) * 1024;
}

/** The value below which this share of them lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
