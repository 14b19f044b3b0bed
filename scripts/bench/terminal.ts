/**
 * The interactive terminal in a real pseudo-terminal: from start to an editable prompt, the echo of a key while an answer
 * streams in, what a long answer costs, how soon the end of a long session is shown, and what it takes to be idle.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { spawn, type IPty } from '@lydell/node-pty';
import { LOCAL_ACTOR } from '../../src/engine/principal.ts';
import { openWorkspace, takeWorkspace } from '../../src/engine/wire.ts';
import { median, program, runOnce } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const STARTS = 15;
const KEYS = 60;
const TURNS = 5000;
const IDLE_MS = 3000;
/** V8 collects once more when nothing has happened for some seconds. */
const SETTLE_MS = 10_000;
const PROMPT = '›';
/** Of Linux: what /proc counts CPU time in. */
const TICK_MS = 10;

const folder = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
const home = join(folder, 'home');
mkdirSync(home);
mkdirSync(join(folder, 'project'));
const answer = readFileSync(join(import.meta.dirname, '../../docs/journal.md'), 'utf8')
  .repeat(20)
  .slice(0, 200_000);
writeFileSync(
  join(home, 'config.yaml'),
  `models: {registry: [{name: bench, provider: script, script: '${join(home, 'script.yaml')}'}]}\n`,
);
writeFileSync(
  join(home, 'script.yaml'),
  JSON.stringify({
    model: 'script/v1',
    turns: [
      { match: { equals: 'stream' }, reply: { text: 'word '.repeat(4000), chunks: 4000, delay: '1ms' } },
      { match: { equals: 'long' }, reply: { text: answer, chunks: 5000 } },
      { match: { any: true }, reply: { text: 'ok' } },
    ],
  }),
);

interface Terminal {
  pty: IPty;
  output: () => string;
  /** Resolves with the time at which the output held it (ms). */
  until(text: string, from?: number): Promise<number>;
}

function open([file, ...args]: string[]): Terminal {
  const pty = spawn(file!, args, {
    cols: 100,
    rows: 30,
    cwd: join(folder, 'project'),
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, RUNTIME_HOME: home, TERM: 'xterm-256color' },
  });
  let output = '';
  let wanted: { text: string; from: number; resolve: (at: number) => void }[] = [];
  const look = (): void => {
    const found = wanted.filter(({ text, from }) => output.indexOf(text, from) !== -1);
    wanted = wanted.filter((one) => !found.includes(one));
    for (const { resolve } of found) resolve(performance.now());
  };
  pty.onData((data) => {
    output += data;
    look();
  });
  return {
    pty,
    output: () => output,
    until: (text, from = 0) =>
      new Promise((resolve) => {
        wanted.push({ text, from, resolve });
        look();
      }),
  };
}

const startRepl = (...args: string[]): Terminal => open([...program, 'run', ...args]);

async function leave({ pty }: Terminal): Promise<void> {
  const gone = new Promise<void>((resolve) => pty.onExit(() => resolve()));
  pty.write('\x03');
  await delay(20);
  pty.write('\x04');
  await gone;
}

async function starts(): Promise<{ floor: number[]; prompt: number[] }> {
  const floor: number[] = [];
  const prompt: number[] = [];
  for (let round = -1; round < STARTS; round++) {
    const before = performance.now();
    const empty = open([process.execPath, '-e', '0']);
    await new Promise<void>((resolve) => empty.pty.onExit(() => resolve()));
    const between = performance.now();
    const terminal = startRepl();
    const shown = await terminal.until(PROMPT);
    if (round >= 0) {
      floor.push(between - before);
      prompt.push(shown - between);
    }
    await leave(terminal);
  }
  return { floor, prompt };
}

/** Latencies of single keys (ms) while an answer streams in. */
async function echoes(): Promise<number[]> {
  const terminal = startRepl();
  await terminal.until('/help');
  terminal.pty.write('stream\r');
  await terminal.until('word word');
  const latencies: number[] = [];
  for (let n = 0; n < KEYS; n++) {
    const key = String.fromCharCode(0x3b1 + (n % 24)); // Greek: nothing else writes it
    const from = terminal.output().length;
    const pressed = performance.now();
    terminal.pty.write(key);
    latencies.push((await terminal.until(key, from)) - pressed);
    await delay(37);
  }
  await leave(terminal);
  return latencies;
}

/** CPU time of a process so far (ms), and its resident memory (MB). */
function usageOf(pid: number): { cpuMs: number; mb: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const mb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, mb };
}

/** CPU time of the same answer twice (ms): with code that V8 sees for the first time, and again. */
async function cpuOfAnswers(message: string): Promise<[first: number, second: number]> {
  const terminal = startRepl();
  await terminal.until('/help');
  const answer = async (): Promise<number> => {
    await delay(500);
    const before = usageOf(terminal.pty.pid).cpuMs;
    const from = terminal.output().length;
    terminal.pty.write(`${message}\r`);
    await terminal.until(' tokens\x1b', from);
    await delay(300);
    return usageOf(terminal.pty.pid).cpuMs - before;
  };
  const both: [number, number] = [await answer(), await answer()];
  await leave(terminal);
  return both;
}

async function idle(): Promise<{ share: number; mb: number }> {
  const terminal = startRepl();
  await terminal.until('/help');
  terminal.pty.write('hi\r');
  await terminal.until('tokens');
  await delay(SETTLE_MS);
  const before = usageOf(terminal.pty.pid).cpuMs;
  await delay(IDLE_MS);
  const { cpuMs, mb } = usageOf(terminal.pty.pid);
  await leave(terminal);
  return { share: (cpuMs - before) / IDLE_MS, mb };
}

/** CPU time of a one-shot run, which renders nothing (ms). */
async function cpuOfRun(message: string): Promise<number> {
  const environment = { HOME: folder, RUNTIME_HOME: home };
  const run = { name: message, command: [...program, 'run', message], folder, environment };
  const times: number[] = [];
  for (let round = 0; round < 5; round++) times.push((await runOnce(run)).cpuMs);
  return median(times);
}

/** A session of so many turns; how long until its end is on the screen (ms), beside an empty start. */
async function attachLong(): Promise<number[]> {
  const workspace = await openWorkspace({ environment: { RUNTIME_HOME: home }, overrides: new Map() });
  const { owner, choose, release } = takeWorkspace(workspace);
  choose(undefined);
  const live = await owner.open('long');
  for (let turn = 0; turn < TURNS; turn++) {
    const parts = [{ type: 'text' as const, text: `message ${turn}` }];
    await owner.accept({ session: live.id, parts, actor: LOCAL_ACTOR, source: 'bench', root: folder });
    await owner.enter(live);
    await live.runner.rest();
  }
  await owner.close(live);
  await release();
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = performance.now();
    const terminal = startRepl('--session', 'long');
    times.push((await terminal.until(`message ${TURNS - 1}`)) - before);
    await leave(terminal);
  }
  return times;
}

try {
  const { floor, prompt } = await starts();
  const keys = await echoes();
  const [long, again] = await cpuOfAnswers('long');
  const [short, shortAgain] = await cpuOfAnswers('short');
  const answered = again - shortAgain;
  const worked = (await cpuOfRun('long')) - (await cpuOfRun('short'));
  const { share, mb } = await idle();
  const attached = await attachLong();
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  printTitle(`terminal: ${STARTS} starts, ${KEYS} keys, an answer of 200 KB, a session of ${TURNS} turns`);
  printTable([
    ['', 'figure', '×', 'asked'],
    ['node -e 0', ms(median(floor)), '1.00', ''],
    ['start to an editable prompt', ms(median(prompt)), (median(prompt) / median(floor)).toFixed(2), '≤ 3'],
    ['key to echo, 1,000 deltas a second: median', ms(median(keys)), '', '≤ 5 ms'],
    ['… the slowest', ms(Math.max(...keys)), '', ''],
    ['CPU of a first answer of 200 KB, beside a short one', ms(long - short), '', ''],
    ['… of the second', ms(answered), '', ''],
    ['… of that to show it: more than a one-shot run takes', ms(answered - worked), '', '≤ 100 ms'],
    ['start to the last screen of a long session', ms(median(attached)), '', ''],
    ['… beside a start to the prompt', ms(median(attached) - median(prompt)), '', '≤ 100 ms'],
    ['idle: CPU', `${(share * 100).toFixed(1)} %`, '', '0.0 %'],
    ['idle: memory', `${mb.toFixed(0)} MB`, '', '≤ 85 MB'],
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
