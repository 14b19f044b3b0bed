/**
 * The daemon under load, over HTTP as a client uses it: durable accepts, whole turns (accept and end synced) over a model
 * that answers at once, long sessions, and readers of streams. Model and load generator share the machine with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { program } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const ACCEPT_CLIENTS = 128;
const ACCEPTS = 2_000;
/** It runs for months; V8 takes this long to have compiled what is used in each turn. */
const WARM_UP = 2000;
const TURNS = 1500;
/** Of a session, before the next is begun: what long ones cost is measured by itself. */
const SESSION_TURNS = 100;
const LONG = 3000;
const READERS = 1000;

const agent = new Agent({ keepAlive: true, maxSockets: 2000 });
const folder = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
const children: ChildProcess[] = [];
try {
  await main();
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

interface Service {
  url: string;
  token: string;
  pid: number;
}

async function main(): Promise<void> {
  const [model] = await start([process.execPath, join(import.meta.dirname, 'quick-model.ts')], folder);
  const service = await daemon(model);

  printTitle('service: turns over a model that answers at once');
  await conversations(service, 'warm-up', WARM_UP);
  const raw = await modelAlone(model);
  const syncs = twoSyncs();
  const rows = [
    ['', 'turns/s', 'asked', 'p50 ms', 'asked', 'p99 ms', 'asked'],
    ['two writes, synced', '', '', share(syncs, 0.5).toFixed(1), '', share(syncs, 0.99).toFixed(1), ''],
  ];
  for (const [clients, askedRate] of [
    [1, 350],
    [8, 500],
    [32, 500],
  ] as const) {
    const began = performance.now();
    const each = Math.ceil(TURNS / clients);
    const all = await Promise.all(
      Array.from({ length: clients }, (_, at) => conversations(service, `s${clients}-${at}`, each)),
    );
    const times = all.flat();
    const rate = (times.length / (performance.now() - began)) * 1000;
    const over = (part: number): string => (share(times, part) - raw).toFixed(1);
    const asked = clients === 1 ? ['≤ 2', '≤ 6'] : ['', ''];
    rows.push([`${clients} at a time`, rate.toFixed(0), `≥ ${askedRate}`, over(0.5), asked[0]!, over(0.99), asked[1]!]);
  }
  printTable(rows);
  console.log(`  (beyond the model alone: ${raw.toFixed(1)} ms; sessions of ${SESSION_TURNS} turns)`);

  printTitle('service: a long session');
  const long = await turns(service, 'long', LONG);
  const near = (at: number): string => middle(long.slice(at - 50, at)).toFixed(1);
  printTable([
    ['', 'ms', 'asked'],
    ['turn 50', near(50), ''],
    ['turn 1000', near(1000), '≤ 4'],
    ['turn 3000', near(3000), '≤ 7'],
  ]);

  printTitle('service: readers of one session');
  const before = memoryOf(service.pid);
  await readers(service, 'long', READERS);
  const each = (memoryOf(service.pid) - before) / READERS;
  printTable([
    ['', 'KB', 'asked'],
    [`each of ${READERS}`, (each / 1024).toFixed(0), '≤ 60'],
  ]);

  await ask({ url: model.replace(/\/v1$/, ''), token: '', pid: 0 }, 'POST', '/hang');
  printTitle(`service: accepts, ${ACCEPT_CLIENTS} clients, the model hangs`);
  const accepted = await accepts(service);
  printTable([
    ['', 'per second', 'asked'],
    ['POST /v1/events', accepted.toFixed(0), '≥ 4000'],
  ]);
}

/** Asks in one session, one message after the other. Gives the times from sending to knowing the answer (ms). */
async function turns(service: Service, session_id: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const began = performance.now();
    const { event_id } = await ask<{ event_id: string }>(service, 'POST', '/v1/events', {
      content: 'Two and two?',
      session_id,
    });
    const { status } = await ask<{ status: string }>(service, 'GET', `/v1/events/${event_id}?wait_ms=30000`);
    if (status !== 'done') throw new Error(`${event_id} is ${status}`);
    times.push(performance.now() - began);
  }
  return times;
}

/** One client's turns, in one session after the other. */
async function conversations(service: Service, name: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let left = count; left > 0; left -= SESSION_TURNS) {
    times.push(...(await turns(service, `${name}-${left}`, Math.min(left, SESSION_TURNS))));
  }
  return times;
}

/** What the disk takes for as much as a turn must have on it: its accept and its end (ms). */
function twoSyncs(): number[] {
  const file = openSync(join(folder, 'syncs'), 'w');
  const line = Buffer.alloc(1000, 'x');
  const times = Array.from({ length: TURNS }, () => {
    const began = performance.now();
    for (let sync = 0; sync < 2; sync++) {
      writeSync(file, line);
      fdatasyncSync(file);
    }
    return performance.now() - began;
  });
  closeSync(file);
  return times;
}

async function modelAlone(model: string): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 300; turn++) {
    const began = performance.now();
    await ask({ url: model, token: '', pid: 0 }, 'POST', '/responses', {});
    times.push(performance.now() - began);
  }
  return middle(times);
}

async function accepts(service: Service): Promise<number> {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: ACCEPT_CLIENTS }, async (_, client) => {
      for (let at = 0; at < ACCEPTS / ACCEPT_CLIENTS; at++) {
        await ask(service, 'POST', '/v1/events', { content: 'later', session_id: `waits-${client % 4}` });
      }
    }),
  );
  return (ACCEPTS / (performance.now() - began)) * 1000;
}

async function readers(service: Service, session: string, count: number): Promise<void> {
  const { seq: last } = await ask<{ seq: number }>(service, 'GET', `/v1/sessions/${session}`);
  await Promise.all(
    Array.from({ length: count }, async () => {
      const sent = httpRequest(`${service.url}/v1/sessions/${session}/stream?after=${last}`, {
        agent: false,
        headers: { authorization: `Bearer ${service.token}` },
      }).end();
      const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
      response.resume();
    }),
  );
}

function ask<T>({ url, token }: Service, method: string, path: string, body?: object): Promise<T> {
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
        if (response.statusCode! >= 300) return reject(new Error(`${method} ${path}: ${response.statusCode} ${said}`));
        resolve((said.startsWith('{') ? JSON.parse(said) : undefined) as T);
      });
    });
    sent.end(text);
  });
}

async function daemon(model: string): Promise<Service> {
  const home = join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  const registry = [{ name: 'quick', base_url: model, wire: 'responses', api_key: 'none' }];
  const config = { models: { default: 'quick', registry }, ingress: { interactive_queue_size: 1_000_000 } };
  writeFileSync(join(home, 'config.yaml'), JSON.stringify(config), { mode: 0o600 });
  const [line, pid] = await start([...program, 'daemon', '--port', '0'], folder, { RUNTIME_HOME: home });
  const { url } = JSON.parse(line) as { url: string };
  return { url, pid, token: readFileSync(join(home, 'daemon.token'), 'utf8').trim() };
}

/** Starts a program. Gives its first line, and its pid. */
async function start(
  [command, ...args]: string[],
  cwd: string,
  environment = {},
): Promise<[line: string, pid: number]> {
  const child = spawn(command!, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: folder, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'], // a daemon says much
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return [line, child.pid!];
}

/** Resident bytes. */
function memoryOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kib) * 1024;
}

function middle(values: number[]): number {
  return share(values, 0.5);
}

/** The value below which so much of them lies. */
function share(values: number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)]!;
}
