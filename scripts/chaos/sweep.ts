/**
 * The outside sweep: every system call with which a play touches its workspace is killed at, and made to fail in each
 * way, one at a time. Then the program is started again without faults, goes on to the end, and all must hold.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Ran } from '../../src/engine/chaos/scratch.ts';
import { withKnownSteps } from './evidence.ts';
import { endOf, oddFailure } from './part.ts';
import type { Checker, OpenPlay, Play, Stage, Story } from './play.ts';
import { type Call, callsIn, type Fault, injecting, recording } from './strace.ts';

/** One fault at one place. */
export interface SweepPoint {
  stage: number;
  /** `ask: EIO at write 3 of sessions/one.jsonl`. */
  name: string;
  fault: Fault | 'short';
  /** What is put before the program. */
  under: string[];
}

export interface SweepResult {
  point: SweepPoint;
  /**
   * `killed`, `failed`; `tolerated`: it ended as it does without the fault; `missed`: it should have been killed, and came
   * never there, as when it ends before others may join it.
   */
  came: 'killed' | 'failed' | 'tolerated' | 'missed';
  broken: string[];
}

export interface SweepOptions {
  play: OpenPlay;
  /** Every n-th point of each stage; 1: all. */
  every: number;
  /** So many folders are worked in at the same time. */
  workers: number;
  signal: AbortSignal;
  onPoints: (count: number) => void;
  onResult: (result: SweepResult) => void;
}

/** Tries the points of all stages; each stage is swept in one folder. @throws what `signal` was aborted with */
export async function sweep({ play: open, every, workers, signal, onPoints, onResult }: SweepOptions): Promise<void> {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-sweep-')));
  const plays: Play[] = [];
  try {
    for (let n = 0; n < workers; n++) plays.push(await open(join(parent, `w${n}`), signal));
    const sweepers = await Promise.all(plays.map((play, n) => createSweeper(play, join(parent, `calls-${n}`), signal)));
    const chosen = (points: readonly SweepPoint[]): SweepPoint[] => points.filter((_, index) => index % every === 0);
    const counts = sweepers[0]!.points.map((points) => chosen(points).length);
    onPoints(counts.reduce((sum, count) => sum + count, 0));
    // Those with the most points first, so that all workers end at about the same time.
    const stages = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]!);
    await Promise.all(
      sweepers.map(async (sweeper) => {
        for (let stage = stages.shift(); stage !== undefined; stage = stages.shift()) {
          for (const point of chosen(sweeper.points[stage]!)) {
            const result = await sweeper.try(point);
            signal.throwIfAborted();
            onResult(result);
          }
        }
      }),
    );
  } finally {
    for (const { close } of plays) await close();
    rmSync(parent, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/** A folder in which points are tried, one after the other. */
interface Sweeper {
  /** Of each stage. */
  points: SweepPoint[][];
  try(point: SweepPoint): Promise<SweepResult>;
}

/** Lets no file grow beyond so many bytes. */
const LIMITER = 'prlimit';
const hasLimiter = spawnSync(LIMITER, ['--version']).status === 0;

/** Plays all once undisturbed, keeps how things lie before each stage, and lists what can go wrong there. */
async function createSweeper(play: Play, log: string, signal: AbortSignal): Promise<Sweeper> {
  const { story } = play;
  const points: SweepPoint[][] = [];
  for (const [stage, { name, prepare, args, code }] of play.stages.entries()) {
    await prepare?.(story);
    story.keep(name);
    const sizes = sizesIn(story);
    const known = withKnownSteps(story.workspace);
    const ran = await story.run(await args(story), recording(log));
    signal.throwIfAborted();
    if (ran.code !== code) throw new Error(`the story itself fails: ${name} ends with ${ran.code}: ${ran.stderr}`);
    const calls = callsIn(log, story.workspace).filter(({ path }) => known(path));
    points.push(pointsOf(play, stage, calls));
    if (play.withShortWrites) points.at(-1)!.push(...shortWrites(play, stage, calls, sizes));
  }
  const check = play.checker();
  const broken = await check({ stage: play.stages.length - 1, printed: [], mayFail: false });
  if (broken.length > 0) throw new Error(`the story itself fails: ${broken.join('; ')}`);
  return { points, try: (point) => tryPoint(play, point, check) };
}

function pointsOf({ story, stages, faultsOf }: Play, stage: number, calls: readonly Call[]): SweepPoint[] {
  return calls.flatMap((call) =>
    faultsOf(call).map((fault) => ({
      stage,
      fault,
      name: `${stages[stage]!.name}: ${fault} at ${call.name} ${call.when} of ${relative(story.workspace, call.path)}`,
      under: injecting(call, fault),
    })),
  );
}

/**
 * strace can say that a write was short, but not make it so. A limit to the size of files does: the write that crosses it
 * writes what fits, and the next one fails (EFBIG). One point for the middle of each write.
 */
function shortWrites(
  { story: { workspace }, stages }: Play,
  stage: number,
  calls: readonly Call[],
  sizes: Map<string, number>,
): SweepPoint[] {
  if (!hasLimiter) return [];
  const limits = new Map<number, string>();
  for (const { path, bytes, name } of calls) {
    if (!name.includes('write')) continue;
    const from = sizes.get(path) ?? 0;
    sizes.set(path, from + bytes);
    limits.set(from + Math.ceil(bytes / 2), relative(workspace, path));
  }
  return [...limits].map(([limit, path]) => ({
    stage,
    fault: 'short',
    name: `${stages[stage]!.name}: files end at ${limit} bytes, within a write of ${path}`,
    under: [LIMITER, `--fsize=${limit}`],
  }));
}

function sizesIn({ workspace }: Story): Map<string, number> {
  if (!existsSync(workspace)) return new Map();
  const names = readdirSync(workspace, { recursive: true, encoding: 'utf8' });
  return new Map(names.map((name) => join(workspace, name)).map((path) => [path, statSync(path).size]));
}

async function tryPoint({ story, stages, main }: Play, point: SweepPoint, check: Checker): Promise<SweepResult> {
  const stage = stages[point.stage]!;
  story.restore(stage.name);
  const ran = await story.run(await stage.args(story), point.under);
  const came = cameOf(ran, stage.code, point.fault);
  const broken = came === 'failed' ? oddFailures(ran, stage) : [];
  broken.push(...carriedOn(stage, ran, await stage.carryOn(story)));
  for (const { name, session, prepare, args, code } of stages.slice(point.stage + 1)) {
    if (session !== main && session !== stage.session) continue; // nothing of it is left to do
    await prepare?.(story);
    const later = await story.run(await args(story));
    if (later.code !== code) broken.push(`${name}, later, ${endOf(later)}`);
  }
  broken.push(...(await check({ stage: point.stage, printed: toldIn(ran), mayFail: point.fault !== 'kill' })));
  return { point, came, broken };
}

/** What is wrong with how it was carried on; `ran` is what had met the fault. */
function carriedOn({ name, code, answer, refusal }: Stage, ran: Ran, next: Ran | undefined): string[] {
  if (next === undefined || refusal?.test(next.stderr)) return [];
  const wrong = next.code === code ? [] : [`${name}, carried on, ${endOf(next)}`];
  const told =
    answer === undefined || next.stdout === `${answer}\n` || ran.stdout.includes(`"text":${JSON.stringify(answer)}`);
  return told ? wrong : [...wrong, `${name}: nobody was told the answer: ${endOf(ran)} ${endOf(next)}`];
}

/** What is wrong with how it failed. What it says to do next must be about the session that was asked for. */
function oddFailures(ran: Ran, { session }: Stage): string[] {
  const named = [...ran.stderr.matchAll(/^next: .*--session ([\w-]+)/gm)].map(([, id]) => id);
  const others = named.filter((id) => id !== session);
  const odd = others.length === 0 ? [] : [`it says to go on with ${others.join(' ')}: ${endOf(ran)}`];
  return [...odd, oddFailure(ran) ?? []].flat();
}

function cameOf({ signal, code, stderr }: Ran, expected: number, fault: SweepPoint['fault']): SweepResult['came'] {
  if (signal === 'SIGKILL') return 'killed';
  // A turn that is meant to end at a limit ends with the same code as one that failed.
  if (code !== expected || (code === 1 && /^error: /m.test(stderr))) return 'failed';
  return fault === 'kill' ? 'missed' : 'tolerated';
}

/** The entries that a program had told on standard output. */
function toldIn({ stdout }: Ran): string[] {
  return stdout.split('\n').flatMap((line) => {
    if (!line.endsWith('}')) return [];
    const { id, seq, at, type, scope } = JSON.parse(line) as {
      id: string | null;
      seq: number;
      at: number;
      type: string;
      scope: { id?: string };
    };
    return id === null || scope.id === 'gone' ? [] : [`${seq} ${at} ${type}`];
  });
}
