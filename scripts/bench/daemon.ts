/** From the start of `runtime daemon` to its first answer, and what it takes while nothing is asked of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { daemon as command, floor, median } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const ROUNDS = 25;
const PROBE_EVERY_MS = 1;
/** V8 tidies up once, some seconds after a start. */
const SETTLE_MS = 15_000;
const IDLE_MS = 10_000;

const folder = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
const environment = { PATH: process.env['PATH'], HOME: folder, RUNTIME_HOME: join(folder, 'home') };
try {
  const floors: number[] = [];
  const starts: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const empty = await timed(async () => {
      const [node, ...args] = floor.command;
      await once(spawn(node!, args, { env: environment, stdio: 'ignore' }), 'exit');
    });
    const port = await freePort();
    let daemon: ChildProcess | undefined;
    const start = await timed(async () => {
      daemon = startDaemon(port);
      await healthy(port, daemon);
    });
    await stop(daemon!);
    if (round < 0) continue;
    floors.push(empty);
    starts.push(start);
  }
  const quickest = (values: number[]): number => Math.min(...values);
  const row = (name: string, values: number[], asked = ''): string[] => [
    name,
    median(values).toFixed(1),
    `(${quickest(values).toFixed(1)})`,
    (median(values) / median(floors)).toFixed(2),
    `(${(quickest(values) / quickest(floors)).toFixed(2)})`,
    asked,
  ];
  printTitle(`daemon: ${ROUNDS} rounds, from the start to the first answer of GET /health`);
  printTable([
    ['', 'ms', '(min)', 'wall ×', '(min ×)', 'asked'],
    row(floor.name, floors),
    row('healthy', starts, '≤ 2.5'),
  ]);
  if (process.platform === 'linux') await idle();
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Memory and CPU time of a daemon of which nothing is asked, as the kernel counts them. */
async function idle(): Promise<void> {
  const port = await freePort();
  const daemon = startDaemon(port);
  await healthy(port, daemon);
  const empty = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { env: environment, stdio: 'ignore' });
  await delay(SETTLE_MS);
  const before = cpuMs(daemon.pid!);
  await delay(IDLE_MS);
  const share = ((cpuMs(daemon.pid!) - before) / IDLE_MS) * 100;
  const [own, least] = [residentMb(daemon.pid!), residentMb(empty.pid!)];
  empty.kill();
  await stop(daemon);
  printTitle(`idle: ${IDLE_MS / 1000} s`);
  printTable([
    ['', '', '×', 'asked'],
    ['resident memory of an empty program, MB', least.toFixed(1), '1.00'],
    ['resident memory, MB', own.toFixed(1), (own / least).toFixed(2), '≤ 75 MB'],
    ['CPU, %', share.toFixed(2), '', '0.0'],
  ]);
}

function startDaemon(port: number): ChildProcess {
  return spawn(command[0]!, [...command.slice(1), '--port', String(port)], {
    cwd: folder,
    env: environment,
    stdio: 'ignore',
  });
}

async function stop(daemon: ChildProcess): Promise<void> {
  const ended = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`the daemon ended with ${code}`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Resolves at the first answer. Plain sockets: a client of Node's would have its own time to wake up. */
async function healthy(port: number, daemon: ChildProcess): Promise<void> {
  while (!(await answers(port))) {
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}`);
    await delay(PROBE_EVERY_MS);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'));
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString().startsWith('HTTP/1.1 200'));
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What all threads of a process ran (ms), as the scheduler counts it. */
function cpuMs(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const ran = tasks.map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]));
  return ran.reduce((sum, ns) => sum + ns / 1_000_000, 0);
}

function residentMb(pid: number): number {
  const [, kb] = /VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return (Number(kb) * 1024) / 1_000_000;
}
