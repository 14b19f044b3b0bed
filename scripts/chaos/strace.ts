/** System calls of the program as strace sees them: which there are, and how one of them is made to fail or to kill. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What is counted, and can be hit. Reads aren't: they change nothing, and a failed one is seen at once. */
const CALLS = [
  'write', 'pwrite64', 'writev', 'pwritev', 'fsync', 'fdatasync', 'rename', 'openat', 'unlink', 'ftruncate', 'mkdir',
  'chmod', 'fchmod',
]; // prettier-ignore

/** The `when`-th call of this name on exactly this path, by the same thread. */
export interface Call {
  name: string;
  path: string;
  when: number;
  /** Of an `openat`: may it make the file? */
  creates: boolean;
  /** Of a write: so many bytes. */
  bytes: number;
}

export type Fault = 'kill' | 'EIO' | 'ENOSPC' | 'full';

const QUIET = ['strace', '-f', '-qq', '-e', 'signal=none'];

/** strace may be missing, or not be allowed to trace here. */
export const hasStrace = spawnSync(QUIET[0]!, [...QUIET.slice(1), '-o', '/dev/null', 'true']).status === 0;

/** What to put before a program, so that its calls are written to a file. */
export function recording(log: string): string[] {
  return [...QUIET, '-y', '-o', log, '-e', `trace=${CALLS.join(',')}`];
}

/**
 * What to put before a program, so that this call of it doesn't happen: the process is killed instead, or the call fails.
 * `full`: so do all later ones of this name on this path.
 */
export function injecting({ name, path, when }: Call, fault: Fault): string[] {
  const what = fault === 'kill' ? 'signal=SIGKILL' : `error=${fault === 'full' ? 'ENOSPC' : fault}`;
  const inject = `inject=${name}:${what}:when=${when}${fault === 'full' ? '+' : ''}`;
  return [...QUIET, '-o', '/dev/null', '-P', path, '-e', `trace=${name}`, '-e', inject];
}

/** The faults that a call can meet. */
export function faultsOf({ name, creates }: Call): Fault[] {
  if (name.includes('write')) return ['kill', 'EIO', 'ENOSPC', 'full'];
  const needsSpace = creates || /sync|rename|mkdir/.test(name);
  return needsSpace ? ['kill', 'EIO', 'ENOSPC'] : ['kill', 'EIO'];
}

/** The calls of a recording on paths in the folder, in their order. */
export function callsIn(log: string, folder: string): Call[] {
  const counts = new Map<string, number>();
  const known = new Set<string>();
  const calls: Call[] = [];
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, name, given = ''] = /^(\d+) +(\w+)\((.*)/.exec(line) ?? [];
    if (name === undefined) continue;
    const path = (/^\d+<([^>]*)>/.exec(given) ?? /"([^"]*)"/.exec(given))?.[1];
    if (path === undefined || !path.startsWith(`${folder}/`)) continue;
    const counted = `${thread} ${name} ${path}`;
    const when = (counts.get(counted) ?? 0) + 1;
    counts.set(counted, when);
    // Threads count for themselves: what is the first of two of them is hit in whichever comes first.
    const key = `${name} ${path} ${when}`;
    if (known.has(key)) continue;
    known.add(key);
    const bytes = name.includes('write') ? Number(/, (\d+)(?:\)| <unfinished)/.exec(given)?.[1] ?? 0) : 0;
    calls.push({ name, path, when, creates: given.includes('O_CREAT'), bytes });
  }
  return calls;
}
