/** What happens to an owner from outside: its folder goes, it stands still, others race for its place. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type Ran, runProgram, type Scratch } from '../../../src/engine/chaos/scratch.ts';
import {
  ASK,
  count,
  endOf,
  finishTurn,
  inFolder,
  LAUNCHER,
  oddFailure,
  type Part,
  slow,
  tally,
  workIn,
} from '../part.ts';

const REMOVALS = 25;
const STOP_MS = 60_000;
const LOCK_ROUNDS = 1000;
/** Exit codes: what the journal names is gone; the owner doesn't answer. */
const DAMAGED = 7;
const SILENT = 3;
/** Longer than a client waits for an owner that says nothing. */
const REFUSED_MS = 20_000;
const ROOT = join(import.meta.dirname, '../../..');
const VITEST = ['node_modules/vitest/vitest.mjs', 'run', 'src/store/lock.test.ts', '-t', 'racing', '--project', 'unit'];

/** The workspace's folder is removed under the owner while it works. */
export const removedFolder: Part = async ({ dice, signal }) => {
  const done = tally('workspace folder removed under the owner');
  for (let round = 1; round <= REMOVALS; round++) {
    signal.throwIfAborted();
    await inFolder(async (folder) => {
      const scratch = workIn(folder, signal, slow('30ms'));
      const running = scratch.run(ASK);
      const workspace = join(scratch.home, 'workspaces/default');
      while (!existsSync(join(workspace, 'sessions/one.jsonl'))) await delay(1);
      await delay(dice() * 150);
      rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
      const ran = await running;
      done.times++;
      count(done, ran.code === 0 ? 'it had ended' : 'said, and refused');
      const broken = ran.code === 0 ? [] : [oddFailure(ran, [1, DAMAGED]) ?? []].flat();
      const next = await scratch.run(['run', '--session', 'two', 'go']);
      if (next.code !== 0) broken.push(`a new session in a new workspace ${endOf(next)}`);
      if (broken.length > 0) done.broken.push(`round ${round}: ${broken.join('; ')}`);
    });
  }
  return done;
};

/** The owner is stopped for a while, as by Ctrl-Z: nobody takes its place, and it goes on when it is let. */
export const stoppedOwner: Part = ({ signal, say }) =>
  inFolder(async (folder) => {
    const done = tally(`owner stopped for ${STOP_MS / 1000} s`);
    const scratch = workIn(folder, signal, slow('500ms'));
    const how = { cwd: scratch.project, env: scratch.environment, signal };
    const owner = spawn(LAUNCHER, ASK, { ...how, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(owner, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    ended.catch(() => {}); // when all is ended
    const said = text(owner.stdout);
    while (scratch.journal('one').length < 6) await delay(5);
    owner.kill('SIGSTOP');
    try {
      say(`  an owner stands still for ${STOP_MS / 1000} s`);
      const began = performance.now();
      while (performance.now() - began < STOP_MS) {
        const other = await impatient(scratch, ['run', '--session', 'two', 'go']);
        done.times++;
        count(done, other.code === SILENT ? 'another one is told that it is silent' : `another one: ${other.code}`);
        if (other.code === 0) done.broken.push(`another one went on beside it: ${endOf(other)}`);
        signal.throwIfAborted();
      }
    } finally {
      owner.kill('SIGCONT');
    }
    const [code, by] = await ended;
    if (code !== 0) done.broken.push(`it went on, and ended with ${by ?? code}`);
    done.broken.push(...(await finishTurn(scratch, { code, signal: by, stdout: await said, stderr: '' })));
    return done;
  });

/** Ends a program that waits for too long. */
function impatient({ project, environment }: Scratch, args: string[]): Promise<Ran> {
  const signal = AbortSignal.timeout(REFUSED_MS);
  return runProgram([LAUNCHER, ...args], { cwd: project, env: environment, signal });
}

/** The store's own test, for longer: eight processes race for the lock, and each round has one winner. */
export const racedLock: Part = async ({ signal }) => {
  const done = tally('8 processes racing for the lock');
  const env = { PATH: process.env['PATH']!, HOME: process.env['HOME'] ?? '/', LOCK_ROUNDS: String(LOCK_ROUNDS) };
  const ran = await runProgram([process.execPath, ...VITEST], { cwd: ROOT, env, signal });
  signal.throwIfAborted();
  done.times = LOCK_ROUNDS;
  if (ran.code === 0) done.outcomes['one winner'] = LOCK_ROUNDS;
  else done.broken.push(endOf(ran));
  return done;
};
