/**
 * One-shot turns against a mock model in a process of its own, from start to exit: the journal synced, a new session
 * each. The home has the configuration that `runtime config init` writes.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { MockReply } from '../../test/support/mock-reply.ts';
import { floor, median, peakOf, program, root, runRounds, type Sample, type Variant } from './measure.ts';
import { printTable, printTitle, RATIO_HEAD, ratioCells } from './report.ts';

const ROUNDS = 25;
const MEMORY_RUNS = 3;

/** What is asked of a turn; the first request leaves by 3× and the peak is 95 MB at most in all of them. */
const ASKED: Record<string, string> = {
  plain: '≤ 4 (aim 3)',
  'plain, chat': '≤ 4 (aim 3)',
  read_file: '≤ 5',
  exec_command: '≤ 5',
};

/** As the mock tells of it (test/support/mock-openai.ts). */
interface Arrived {
  arrivedAt: number;
  bytes: number;
}

const folder = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
const mock = spawn(process.execPath, [`${root}/test/support/mock-openai.ts`, '--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [url] = (await createInterface({ input: mock.stdout })[Symbol.asyncIterator]().next()).value!.split('\n');
  await main(url!);
} finally {
  mock.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function main(url: string): Promise<void> {
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'notes.txt'), 'one\ntwo\nthree\n');
  const turn = (name: string, wire: 'responses' | 'chat', call?: NonNullable<MockReply['calls']>[number]): Variant => ({
    name,
    command: [...program, 'run', 'What is the third line of notes.txt?'],
    folder: project,
    environment: {
      HOME: folder,
      RUNTIME_HOME: homes[wire],
      OPENAI_API_KEY: 'sk-bench-0123456789',
      OPENAI_BASE_URL: url,
      RUNTIME_GOVERNANCE_AUTO_ALLOW: 'read_file,exec_command',
    },
    ...(call && { before: () => queue(url, [{ calls: [call] }]) }),
  });
  const homes = { responses: makeHome('responses'), chat: makeHome('chat') };
  const variants: Variant[] = [
    floor,
    turn('plain', 'responses'),
    turn('plain, chat', 'chat'),
    turn('read_file', 'responses', { name: 'read_file', arguments: { path: 'notes.txt' } }),
    turn('exec_command', 'responses', { name: 'exec_command', arguments: { cmd: 'true' } }),
  ];

  const samples = await runRounds(variants, ROUNDS);
  const arrived = await requests(url);
  const floors = samples.get(floor.name)!;
  const rows: string[][] = [];
  for (const variant of variants) {
    const own = samples.get(variant.name)!;
    const peaks: number[] = [];
    for (let run = 0; run < MEMORY_RUNS; run++) peaks.push(await peakOf(variant));
    const cells = [...ratioCells(variant.name, own, floors), ASKED[variant.name] ?? ''];
    rows.push([...cells, ...firstRequest(own, floors, arrived), median(peaks).toFixed(0)]);
  }
  printTitle(`turn: ${ROUNDS} rounds; asked too: first request ≤ 3×, its bytes ≤ 5000, peak ≤ 95 MB`);
  printTable([[...RATIO_HEAD, 'asked', 'first request ×', 'bytes', 'peak MB'], ...rows]);
}

/** When the first request of a run reached the mock, from its start on, and how long its body is. */
function firstRequest(samples: readonly Sample[], floors: readonly Sample[], arrived: readonly Arrived[]): string[] {
  const firsts = samples.flatMap(({ startedAt, wallMs }) => {
    const request = arrived.find(({ arrivedAt }) => arrivedAt >= startedAt && arrivedAt <= startedAt + wallMs);
    return request ? [{ ms: request.arrivedAt - startedAt, bytes: request.bytes }] : [];
  });
  if (firsts.length === 0) return ['', ''];
  const ratio = median(firsts.map(({ ms }) => ms)) / median(floors.map(({ wallMs }) => wallMs));
  return [ratio.toFixed(2), String(Math.max(...firsts.map(({ bytes }) => bytes)))];
}

/** A home as a new user has it, with the wire format said. */
function makeHome(wire: 'responses' | 'chat'): string {
  const home = join(folder, wire);
  const environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    RUNTIME_HOME: home,
    OPENAI_API_KEY: 'sk-bench-0123456789',
  };
  const { status, stderr } = spawnSync(`${root}/bin/runtime`, ['config', 'init'], { env: environment });
  if (status !== 0) throw new Error(`config init failed: ${stderr.toString()}`);
  const file = join(home, 'config.yaml');
  const key = 'api_key_env: OPENAI_API_KEY\n';
  const text = readFileSync(file, 'utf8');
  if (!text.includes(key)) throw new Error('config init writes another file than it did');
  writeFileSync(file, text.replace(key, `${key}      wire: ${wire}\n`));
  return home;
}

async function queue(url: string, replies: MockReply[]): Promise<void> {
  await fetch(new URL('/_replies', url), { method: 'POST', body: JSON.stringify(replies) });
}

async function requests(url: string): Promise<Arrived[]> {
  return (await (await fetch(new URL('/_requests', url))).json()) as Arrived[];
}
