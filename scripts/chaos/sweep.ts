/**
 * The outside sweep: every system call with which the story touches its workspace is killed at, and made to fail in each
 * way, one at a time. Then the program is started again without faults, goes on to the end, and all must hold.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Ran } from '../../src/engine/chaos/scratch.ts';
import { brokenIn, type Transcript, transcriptOf } from './holds.ts';
import { type Call, callsIn, type Fault, faultsOf, injecting, recording } from './strace.ts';
import { endOf, oddFailure } from './part.ts';
import { createStory, MAIN_SESSION, type Stage, STAGES, type Story } from './story.ts';

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
  /** Every n-th point of each stage; 1: all. */
  every: number;
  /** So many folders are worked in at the same time. */
  workers: number;
  signal: AbortSignal;
  onPoints: (count: number) => void;
  onResult: (result: SweepResult) => void;
}

/** Tries the points of all stages; each stage is swept in one folder. @throws what `signal` was aborted with */
export async function sweep({ every, workers, signal, onPoints, onResult }: SweepOptions): Promise<void> {
  const sweepers = await Promise.all(Array.from({ length: workers }, () => createSweeper(signal)));
  try {
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
    for (const { remove } of sweepers) remove();
  }
}

/** A folder in which points are tried, one after the other. */
interface Sweeper {
  /** Of each stage. */
  points: SweepPoint[][];
  try(point: SweepPoint): Promise<SweepResult>;
  remove(): void;
}

/** Lets no file grow beyond so many bytes. */
const LIMITER = 'prlimit';
const hasLimiter = spawnSync(LIMITER, ['--version']).status === 0;

/** Plays the story once undisturbed, keeps how things lie before each stage, and lists what can go wrong there. */
async function createSweeper(signal: AbortSignal): Promise<Sweeper> {
  const folder = join(realpathSync(mkdtempSync(join(tmpdir(), 'runtime-sweep-'))), 'w');
  const story = createStory(folder, signal);
  const log = join(folder, 'calls');
  const points: SweepPoint[][] = [];
  for (const [stage, { name, prepare, args, code }] of STAGES.entries()) {
    prepare?.(story);
    story.keep(name);
    const sizes = sizesIn(story);
    const ran = await story.run(await args(story), recording(log));
    signal.throwIfAborted();
    if (ran.code !== code) throw new Error(`the story itself fails: ${name} ends with ${ran.code}: ${ran.stderr}`);
    const calls = callsIn(log, story.workspace);
    points.push([...pointsOf(stage, story, calls), ...shortWrites(stage, story, calls, sizes)]);
  }
  const undisturbed = (stage: number): Transcript => {
    const played = STAGES.filter(({ session }, index) => index <= stage || session === MAIN_SESSION);
    return Object.fromEntries(Object.entries(all).filter(([id]) => played.some(({ session }) => session === id)));
  };
  const all = transcriptOf(story, ['one', 'long']);
  return {
    points,
    try: (point) => tryPoint(story, point, undisturbed(point.stage)),
    remove: () => rmSync(join(folder, '..'), { recursive: true, force: true }),
  };
}

function pointsOf(stage: number, { workspace }: Story, calls: readonly Call[]): SweepPoint[] {
  return calls.flatMap((call) =>
    faultsOf(call).map((fault) => ({
      stage,
      fault,
      name: `${STAGES[stage]!.name}: ${fault} at ${call.name} ${call.when} of ${relative(workspace, call.path)}`,
      under: injecting(call, fault),
    })),
  );
}

/**
 * strace can say that a write was short, but not make it so. A limit to the size of files does: the write that crosses it
 * writes what fits, and the next one fails (EFBIG). One point for the middle of each write.
 */
function shortWrites(
  stage: number,
  { workspace }: Story,
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
    name: `${STAGES[stage]!.name}: files end at ${limit} bytes, within a write of ${path}`,
    under: [LIMITER, `--fsize=${limit}`],
  }));
}

function sizesIn({ workspace }: Story): Map<string, number> {
  if (!existsSync(workspace)) return new Map();
  const names = readdirSync(workspace, { recursive: true, encoding: 'utf8' });
  return new Map(names.map((name) => join(workspace, name)).map((path) => [path, statSync(path).size]));
}

async function tryPoint(story: Story, point: SweepPoint, undisturbed: Transcript): Promise<SweepResult> {
  const stage = STAGES[point.stage]!;
  story.restore(stage.name);
  const ran = await story.run(await stage.args(story), point.under);
  const came = cameOf(ran, stage.code, point.fault);
  const broken = [came === 'failed' ? (oddFailure(ran) ?? []) : []].flat();
  broken.push(...carriedOn(stage, ran, await stage.carryOn(story)));
  for (const { name, session, prepare, args, code } of STAGES.slice(point.stage + 1)) {
    if (session !== MAIN_SESSION && session !== stage.session) continue; // nothing of it is left to do
    prepare?.(story);
    const later = await story.run(await args(story));
    if (later.code !== code) broken.push(`${name}, later, ${endOf(later)}`);
  }
  broken.push(...(await brokenIn(story, undisturbed, { printed: toldIn(ran), mayFail: point.fault !== 'kill' })));
  return { point, came, broken };
}

/** What is wrong with how it was carried on; `ran` is what had met the fault. */
function carriedOn({ name, code, answer, refusal }: Stage, ran: Ran, next: Ran | undefined): string[] {
  if (next === undefined) return [];
  const wrong = next.code === code || refusal?.test(next.stderr) ? [] : [`${name}, carried on, ${endOf(next)}`];
  const told =
    answer === undefined || next.stdout === `${answer}\n` || ran.stdout.includes(`"text":${JSON.stringify(answer)}`);
  return told ? wrong : [...wrong, `${name}: nobody was told the answer: ${endOf(ran)} ${endOf(next)}`];
}

function cameOf({ signal, code }: Ran, expected: number, fault: SweepPoint['fault']): SweepResult['came'] {
  if (signal === 'SIGKILL') return 'killed';
  if (code !== expected) return 'failed';
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
