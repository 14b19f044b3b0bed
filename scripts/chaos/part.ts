/** What the parts of `npm run chaos` share. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Script } from '../../src/contract/script.ts';
import { checkTurn } from '../../src/engine/chaos/check.ts';
import { makeScratch, type Ran, type Scratch } from '../../src/engine/chaos/scratch.ts';
import { WORKLOAD } from '../../src/engine/chaos/workload.ts';

export const LAUNCHER = join(import.meta.dirname, '../../bin/runtime');

/** Numbers from 0 up to 1, the same for the same seed. */
export type Dice = () => number;

/** One part: does something many times, and tells how often and how it came out. */
export type Part = (how: { dice: Dice; signal: AbortSignal; say: (line: string) => void }) => Promise<Tally>;

export interface Tally {
  what: string;
  times: number;
  /** How often what came, in words. */
  outcomes: Record<string, number>;
  /** What didn't hold, in words. */
  broken: string[];
  /** Why nothing was done. */
  skipped?: string;
}

export function tally(what: string): Tally {
  return { what, times: 0, outcomes: {}, broken: [] };
}

export function count({ outcomes }: Tally, outcome: string): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

/** Numbers as mulberry32 gives them: short, and good enough to pick instants. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Uses a folder that goes afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-chaos-')));
  try {
    return await use(join(parent, 'w'));
  } finally {
    rmSync(parent, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/** The turn of named points, in a folder; `turns` instead of its model's. */
export function workIn(folder: string, signal: AbortSignal, turns: Script['turns'] = WORKLOAD.turns): Scratch {
  const { config, before: files } = WORKLOAD;
  return makeScratch({ folder, program: [LAUNCHER], path: process.env['PATH']!, turns, config, files, signal });
}

/** The turn with a model that takes so long for each reply. */
export const slow = (stall: string): Script['turns'] =>
  WORKLOAD.turns.map((step) => ({ ...step, reply: { ...step.reply, stall } }));

export const ASK = ['run', '--session', 'one', WORKLOAD.message];
export const GO_ON = ['run', '--session', 'one'];

/**
 * Brings the turn to its end, whatever `before` has left of it, and gives what doesn't hold. A kill may fall between the
 * end of the turn and the telling of its answer; then nothing is left to carry on.
 */
export async function finishTurn(scratch: Scratch, before?: Ran): Promise<string[]> {
  const ended = scratch.journal('one').some(({ type }) => type === 'turn.ended');
  let ran = before?.code === 0 ? before : await scratch.run(GO_ON);
  if (ran.stderr.includes('There is no session')) ran = await scratch.run(ASK); // nothing was accepted
  const nothingLeft = before?.signal === 'SIGKILL' && ended && ran.stderr.includes('nothing to carry on');
  const answered = ran.code === 0 && (ran.stdout === `${WORKLOAD.answer}\n` || nothingLeft);
  const { broken } = checkTurn(scratch.journal('one'), scratch.read);
  if (!answered) broken.unshift(`the next start ${endOf(ran)}`);
  const verified = await scratch.run(['session', 'verify', 'one']);
  if (verified.code !== 0) broken.push(`not verified: ${verified.stdout}${verified.stderr}`);
  return broken;
}

export function endOf({ code, signal, stdout, stderr }: Ran): string {
  return `ended with ${signal ?? `exit code ${code}`}: ${stdout}${stderr}`;
}

/** Why an end is no plain failure with a next step; undefined when it is one. `codes`: with which it may end. */
export function oddFailure(ran: Ran, codes = [1]): string | undefined {
  const plain = codes.includes(ran.code ?? NaN) && /^error: /m.test(ran.stderr) && /^next: /m.test(ran.stderr);
  if (!plain) return `no plain failure: ${endOf(ran)}`;
  return /^ {4}at |This is a bug/m.test(ran.stderr) ? `a failure of our own: ${endOf(ran)}` : undefined;
}
