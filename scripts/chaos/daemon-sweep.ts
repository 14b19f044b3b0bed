/**
 * The daemon in the sweep: it is killed at one of the calls after the other with which it touches its workspace, from its
 * start to its end by SIGTERM, and started again. What it had acknowledged must be there, once, and nothing done twice.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { DaemonPlay, OpenDaemonPlay } from './daemon-life.ts';
import { withKnownSteps } from './evidence.ts';
import { type Call, callsIn, injecting, recording } from './strace.ts';

export interface DaemonResult {
  /** `kill at fdatasync 3 of ingress/1.jsonl`. */
  name: string;
  /** `missed`: it came never there. */
  came: 'killed' | 'missed';
  broken: string[];
}

export interface DaemonSweepOptions {
  play: OpenDaemonPlay;
  /** Every n-th call; 1: all. */
  every: number;
  workers: number;
  signal: AbortSignal;
  onCalls: (count: number) => void;
  onResult: (result: DaemonResult) => void;
}

/** @throws what `signal` was aborted with */
export async function sweepDaemon({
  play: open,
  every,
  workers,
  signal,
  onCalls,
  onResult,
}: DaemonSweepOptions): Promise<void> {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-daemon-sweep-')));
  const plays: DaemonPlay[] = [];
  try {
    for (let n = 0; n < workers; n++) plays.push(await open(join(parent, `w${n}`), signal));
    // Each has names of its own for what it makes.
    const recorded = await Promise.all(plays.map((play, n) => record(play, join(parent, `calls-${n}`))));
    const left = [...recorded[0]!.calls.keys()].filter((index) => index % every === 0);
    onCalls(left.length);
    await Promise.all(
      plays.map(async (play, n) => {
        for (let index = left.shift(); index !== undefined; index = left.shift()) {
          const { calls, broken } = recorded[n]!;
          const call = calls[index];
          if (call !== undefined) onResult(await killAt(play, call, broken));
          signal.throwIfAborted();
        }
      }),
    );
  } finally {
    for (const { close } of plays) await close();
    rmSync(parent, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

type Check = ReturnType<DaemonPlay['checker']>;

/** The calls of an undisturbed life, and what others are held to. */
async function record(
  { life, begin, use, checker }: DaemonPlay,
  log: string,
): Promise<{ calls: Call[]; broken: Check }> {
  const told = begin();
  const known = withKnownSteps(life.workspace);
  const { code } = await life.live(use, told, recording(log));
  const broken = checker();
  const wrong = [...told.odd, ...(await broken(told))];
  if (code !== 0 || wrong.length > 0) throw new Error(`the story itself fails with ${code}: ${wrong.join('; ')}`);
  return { calls: callsIn(log, life.workspace).filter(({ path }) => known(path)), broken };
}

async function killAt({ life, begin, use }: DaemonPlay, call: Call, broken: Check): Promise<DaemonResult> {
  const told = begin();
  const first = await life.live(use, told, injecting(call, 'kill'));
  const came = first.signal === 'SIGKILL' ? 'killed' : 'missed';
  const odd = came === 'missed' && first.code !== 0 ? [`it ended with ${first.code}`] : [];
  const next = await life.live(use, told);
  if (next.code !== 0) odd.push(`the next one ended with ${next.signal ?? next.code}`);
  const name = `kill at ${call.name} ${call.when} of ${relative(life.workspace, call.path)}`;
  return { name, came, broken: [...odd, ...told.odd, ...(await broken(told))] };
}
