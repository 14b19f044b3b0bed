/** What the store's tests share: a workspace in a temporary folder, entries to write, and programs in other processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import type { Entry } from '../contract/entries.ts';
import type { IngressEvent } from '../contract/records.ts';
import { openStore, type Store } from './store.ts';

/** A clock that stands until it is set. */
export interface StandingClock extends Clock {
  set(now: number): void;
}

export function standingClock(start = 1_763_622_000_000): StandingClock {
  let now = start;
  return { now: () => now, at: () => () => {}, set: (to) => void (now = to) };
}

export const HOUR_MS = 3_600_000;

/** A new home folder; `remove` deletes it. */
export function temporaryHome(): { home: string; remove: () => void } {
  const home = mkdtempSync(join(tmpdir(), 'runtime-store-'));
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) };
}

export function storeIn(home: string, clock: Clock = standingClock(), workspace = 'default'): Store {
  const owner = { pid: process.pid, program: 'test', version: '0' };
  return openStore({
    home,
    workspace,
    clock,
    owner,
    idempotencyTtlMs: 24 * HOUR_MS,
    deadLetterTtlMs: 30 * 24 * HOUR_MS,
  });
}

/** A store that holds its workspace, and the fence for its appends. */
export function ownedStore(home: string, clock?: Clock, workspace?: string): { store: Store; fence: number } {
  const store = storeIn(home, clock, workspace);
  const lock = store.takeLock();
  if (!lock.ok) throw new Error('the workspace is held by another');
  return { store, fence: lock.fence };
}

/** The shortest entry there is, with a text of one's own. */
export function entry(seq: number, text = `timer ${seq}`): Entry {
  return { v: 1, seq, at: 1_763_622_000_000 + seq, type: 'timer.fired', data: { timer_id: text } };
}

export function event(event_id: string, changes: Partial<IngressEvent> = {}): IngressEvent {
  return {
    event_id,
    session_id: 's-1',
    mode: 'message',
    parts: [{ type: 'text', text: 'hi' }],
    actor: { id: 'local', role: 'operator' },
    source: 'cli',
    lane: 'interactive',
    taint: [],
    accepted_at: 1_763_622_000_000,
    payload_digest: digestOf('hi'),
    ...changes,
  };
}

/** A program in a process of its own, which speaks in lines of JSON on standard output. */
export interface Program {
  child: ChildProcess;
  /** The next line it says; undefined when it has ended. */
  next(): Promise<unknown>;
  say(line: string): void;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;
}

/** The store's modules, for the programs: they get them as `store` and `testing`. */
const PREAMBLE = `
const store = await import(${JSON.stringify(new URL('./store.ts', import.meta.url).href)});
const testing = await import(${JSON.stringify(import.meta.url)});
const { createInterface } = await import('node:readline');
const said = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
`;

/** Runs JavaScript under `wrapper` (as strace), in this Node. `home` is its `process.argv[1]`. */
export function runProgram(source: string, home: string, wrapper: string[] = []): Program {
  const node = [process.execPath, '--no-warnings', '--input-type=module', '-e', PREAMBLE + source, home];
  const [command, ...args] = [...wrapper, ...node];
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  child.stdin.on('error', () => {}); // it may have been killed
  return {
    child,
    async next() {
      const { done, value } = await lines.next();
      return done ? undefined : (JSON.parse(value) as unknown);
    },
    say: (line) => void child.stdin.write(`${line}\n`),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, stderr }));
    }),
  };
}
