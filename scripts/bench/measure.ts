/**
 * Programs measured from outside, from start to exit. Node can't tell what CPU time a child took; bash can (its `time`
 * asks the kernel as the child is reaped), and its clock is close to the start. Each round runs every variant once,
 * so that all meet the same load, and ratios are taken against the floor of the same rounds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { daemonFlags, nodeFlags } from '../build/node-flags.ts';

export interface Variant {
  name: string;
  command: string[];
  environment?: Record<string, string>;
  folder?: string;
  /** Before each of its runs; not measured. */
  before?: () => Promise<void>;
}

/** One run. Times in ms, `startedAt` UTC. */
export interface Sample {
  startedAt: number;
  wallMs: number;
  cpuMs: number;
}

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the launcher becomes. */
export const program = [process.execPath, ...nodeFlags, `${root}/dist/main.js`];
export const daemon = [process.execPath, ...daemonFlags, `${root}/dist/main.js`, 'daemon'];

/** An empty program on the same Node. */
export const floor: Variant = { name: 'node -e 0', command: [process.execPath, '-e', '0'] };

/** Prints user and system time, start, end (all in seconds, UTC) and the exit code on descriptor 3. */
const TIMER = `TIMEFORMAT='%U %S'
{ before=$EPOCHREALTIME; time "$@" 2>&4 3>&- 4>&-; code=$?; after=$EPOCHREALTIME; echo "$before $after $code" >&3; } 4>&2 2>&3`;

/** Runs a variant once, its output through a pipe. @throws Error when it fails, or there is no bash 5 */
export async function runOnce({ name, command, environment = {}, folder, before }: Variant): Promise<Sample> {
  await before?.();
  const child = spawn('bash', ['-c', TIMER, 'bash', ...command], {
    cwd: folder ?? root,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [, output, errors, times] = child.stdio as unknown as NodeJS.ReadableStream[];
  const [said, timed] = await Promise.all([text(errors!), text(times!), text(output!), once(child, 'close')]);
  const [user, system, startedAt, endedAt, code] = timed.trim().split(/\s+/).map(Number);
  if (code !== 0 || startedAt === undefined || endedAt === undefined) {
    throw new Error(`${name} failed (needs bash 5 to be measured):\n${said}${timed}`);
  }
  return { startedAt: startedAt * 1000, wallMs: (endedAt - startedAt) * 1000, cpuMs: (user! + system!) * 1000 };
}

/** The samples of each variant by its name. One more round comes first and isn't counted. */
export async function runRounds(variants: Variant[], rounds: number): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(variants.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const variant of variants) {
      const sample = await runOnce(variant);
      if (round >= 0) samples.get(variant.name)!.push(sample);
    }
  }
  return samples;
}

/**
 * Peak resident memory of a run of Node, in MB: what the kernel says (VmHWM) at its exit, so with the little that asking
 * takes. Not `ru_maxrss`, which begins with the memory of the process that forked.
 */
export async function peakOf({ name, command, environment = {}, folder, before }: Variant): Promise<number> {
  const ask = `process.on('exit', () => {
    const fs = process.getBuiltinModule('node:fs');
    fs.writeSync(3, /VmHWM:\\s*(\\d+) kB/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]);
  });`;
  await before?.();
  const [node, ...args] = command;
  const child = spawn(node!, [`--import=data:text/javascript,${encodeURIComponent(ask)}`, ...args], {
    cwd: folder ?? root,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [said] = await Promise.all([text(child.stdio[3] as NodeJS.ReadableStream), once(child, 'close')]);
  if (said === '') throw new Error(`${name} told nothing of its memory`);
  return (Number(said) * 1024) / 1_000_000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 0 ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}
