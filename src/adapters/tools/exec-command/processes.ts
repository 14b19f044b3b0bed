/** Finding and ending every process of a command, also those that left its process group. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../../../base/clock.ts';
import { hasProc } from '../../../base/files/open-file.ts';
import { TOOL_CALL_VARIABLE } from './command-environment.ts';

const GRACE_MS = 2000;
const POLL_MS = 20;

export interface CommandProcesses {
  /** The first process: its id is also the group's. */
  leader: number;
  /** What every descendant has in its environment. */
  marker: string;
  /** The first process keeps the others together, and ends when they have: it is ended last. */
  leaderLast: boolean;
}

/** Resolves after `ms`, or as soon as `earlier` settles. */
export function pause(clock: Clock, ms: number, earlier?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.at(clock.now() + ms, resolve);
    void earlier?.then(() => {
      cancel();
      resolve();
    });
  });
}

/**
 * Asks what is left of a command to end (SIGTERM), and after 2 s ends it (SIGKILL).
 * Gives whether nothing is left: false is for what can't be killed (another user's, stuck in the kernel).
 */
export async function endProcesses(command: CommandProcesses, clock: Clock): Promise<boolean> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (let waited = 0; waited <= GRACE_MS; waited += POLL_MS) {
      const left = processesOf(command);
      if (left.length === 0) return true;
      // Once for SIGTERM: handlers must not be run again and again. SIGKILL until no fork is left that was missed.
      if (signal === 'SIGKILL' || waited === 0) {
        for (const id of left) {
          if (id === command.leader && (signal === 'SIGTERM' || left.length > 1)) continue;
          send(id, signal);
          if (signal === 'SIGTERM') send(id, 'SIGCONT'); // a stopped process would not see it
        }
      }
      await pause(clock, POLL_MS);
    }
  }
  return processesOf(command).length === 0;
}

/**
 * Ends what is left of the commands of a program that was killed. Its watchdog has asked them to end (SIGTERM): they have 2 s for it.
 * Resolves when none is left, or can't be ended.
 */
export async function endCommandsOf(program: number, clock: Clock): Promise<void> {
  if (!hasProc()) return pause(clock, GRACE_MS);
  for (let waited = 0; waited <= 2 * GRACE_MS; waited += POLL_MS) {
    const left = leftOf(program);
    if (left.length === 0) return;
    if (waited > GRACE_MS) for (const id of left) send(id, 'SIGKILL');
    await pause(clock, POLL_MS);
  }
}

/** By their mark, which names the program. Another may have its id by now, with commands below it. */
function leftOf(program: number): number[] {
  const mark = new RegExp(`(?:^|\\0)${TOOL_CALL_VARIABLE}=[^\\0]*@${program}\\.\\d+\\0`);
  const parents = new Map<number, number>();
  const marked: number[] = [];
  for (const { id, parent } of living(allProcesses())) {
    parents.set(id, parent);
    if (mark.test(readProcess(id, 'environ') ?? '')) marked.push(id);
  }
  return marked.filter((id) => !descends(id, program, parents));
}

/** What lives of it, as ids for `kill`: a negative one is the whole group, others have left it. Zombies don't count. */
function processesOf({ leader, marker, leaderLast }: CommandProcesses): number[] {
  if (!hasProc()) return send(-leader, 0) ? [-leader] : [];
  const mark = `${TOOL_CALL_VARIABLE}=${marker}\0`;
  const targets = new Set<number>();
  const parents = new Map<number, number>();
  for (const { id, parent, group } of living(youngerProcesses(leader))) {
    parents.set(id, parent);
    if (group === leader) targets.add(leaderLast ? id : -leader);
    else if (readProcess(id, 'environ')?.includes(mark)) targets.add(id);
  }
  // Those that changed group and environment are still its descendants, as long as the leader lives.
  if (leaderLast) for (const id of parents.keys()) if (descends(id, leader, parents)) targets.add(id);
  return [...targets];
}

function descends(id: number, from: number, parents: ReadonlyMap<number, number>): boolean {
  let at: number | undefined = id;
  for (let steps = 0; at !== undefined && steps <= parents.size; steps++) {
    if (at === from) return true;
    at = parents.get(at);
  }
  return false;
}

/** So few ids are asked about one by one: to list all that runs takes longer. Those of threads are among them, as good as their process. */
const FEW = 256;

/** Ids given out since the leader's, itself included; all where the counter began anew or is not known. */
function youngerProcesses(leader: number): number[] {
  const newest = Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ').at(-1));
  const count = newest - leader + 1;
  if (count > 0 && count <= FEW) return Array.from({ length: count }, (_, at) => leader + at);
  const ids = allProcesses();
  return newest >= leader ? ids.filter((id) => id >= leader && id <= newest) : ids;
}

function allProcesses(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Those that are there as they are come to, and no zombies. */
function* living(ids: readonly number[]): Generator<{ id: number; parent: number; group: number }> {
  for (const id of ids) {
    const stat = readProcess(id, 'stat');
    if (stat === undefined) continue;
    // "id (name) state parent group …"; the name may hold anything.
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state !== 'Z' && state !== 'X') yield { id, parent: Number(parent), group: Number(group) };
  }
}

function readProcess(id: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}

function send(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(id, signal);
  } catch {
    return false;
  }
}
