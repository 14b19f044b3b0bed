/** Kills the program at a crash point of a turn, starts it again, and looks whether all holds that is promised. */
import { mkdtempSync, readdirSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '../../contract/entries.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import { verifySession } from '../sessions.ts';
import { openWorkspace } from '../wire.ts';
import { checkTurn } from './check.ts';
import { whatNextStartDid } from './next-start.ts';
import type { Point } from './points.ts';
import { makeScratch, type Ran, type Scratch } from './scratch.ts';
import { WORKLOAD } from './workload.ts';

export interface Killed {
  point: string;
  words: string;
  /** So many entries the journal held when the process was dead. */
  entries_left: number;
  next_start: string;
  command_runs: number;
  /** Nobody knew how the command ended, and the model was told so. */
  unknown: boolean;
  /** Of the journal at the end; `none`: there is no journal. */
  proof: 'verified' | 'partial' | 'failed' | 'none';
  entries: number;
  /** What does not hold, in words; empty when all does. */
  broken: string[];
  /** Where it happened; absent when it was removed. */
  folder?: string;
}

export interface KillOptions {
  /** How the program is started: its first words. */
  program: readonly string[];
  /** Where commands are looked for. */
  path: string;
  /** The folders stay, whatever came out. */
  keep: boolean;
  signal: AbortSignal;
}

const SESSION = 'one';

/**
 * Kills at one point after the other, each in a folder of its own in the system's temporary folder, which stays when
 * something does not hold. @throws what `signal` was aborted with
 */
export async function* killAtEach(points: readonly Point[], options: KillOptions): AsyncGenerator<Killed> {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-chaos-')));
  try {
    for (const point of points) yield await killAt(point, join(parent, point.name.replace(':', '-')), options);
  } finally {
    if (readdirSync(parent).length === 0) rmdirSync(parent);
  }
}

async function killAt({ name, words }: Point, folder: string, { keep, ...options }: KillOptions): Promise<Killed> {
  const { turns, config, before, message, answer } = WORKLOAD;
  const scratch = makeScratch({ ...options, folder, turns, config, files: before });
  let keeps = keep;
  try {
    const begin = ['run', '--session', SESSION, message];
    const first = await scratch.run(begin, { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: name });
    options.signal.throwIfAborted();
    const left = scratch.journal(SESSION);
    const lies = await proofOf(scratch, left);
    const second = await scratch.run(['run', '--session', SESSION]);
    options.signal.throwIfAborted();

    const entries = scratch.journal(SESSION);
    const proof = await proofOf(scratch, entries);
    const { broken, ...outcome } = checkTurn(entries, scratch.read);
    if (first.signal !== 'SIGKILL') broken.unshift(`it was not killed: ${endOf(first)}`);
    if (lies === 'failed' || lies === 'partial') broken.push(`what the kill left could not be verified: ${lies}`);
    if (second.code !== 0 || second.stdout !== `${answer}\n`) broken.push(`the next start: ${endOf(second)}`);
    if (proof !== 'verified') broken.push(`the journal at the end: ${proof}`);
    keeps ||= broken.length > 0;
    return {
      point: name,
      words,
      entries_left: left.length,
      next_start: whatNextStartDid(entries, left.length),
      ...outcome,
      proof,
      entries: entries.length,
      broken,
      ...(keeps && { folder }),
    };
  } finally {
    if (!keeps) scratch.remove();
  }
}

async function proofOf({ environment }: Scratch, entries: readonly Entry[]): Promise<Killed['proof']> {
  if (entries.length === 0) return 'none';
  try {
    return (await verifySession(await openWorkspace({ environment, overrides: new Map() }), SESSION)).status;
  } catch (thrown) {
    return toRuntimeError(thrown).code === 'not_found' ? 'none' : 'failed';
  }
}

function endOf({ code, signal, stdout, stderr }: Ran): string {
  const said = [stdout.trim(), stderr.trim()].filter((text) => text !== '').join(' | ');
  return `${signal ?? `exit code ${code}`}${said === '' ? '' : `: ${said}`}`;
}
