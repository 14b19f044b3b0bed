/** Counts the syncs of a program by strace, where there is one. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const CALLS = ['fsync', 'fdatasync', 'sync', 'syncfs', 'sync_file_range', 'msync'];

const STRACE = ['strace', '-f', '-qq', '-o'] as const;

/** strace may be missing, or not be allowed to trace here. */
export const hasStrace = spawnSync(STRACE[0], [...STRACE.slice(1), '/dev/null', 'true']).status === 0;

/** What to put before a command, so that its syncs are written to a file. */
export function straceInto(file: string): [string, ...string[]] {
  return [...STRACE, file, '-e', `trace=${CALLS.join(',')}`];
}

/** How often each call was made, by its name. */
export function countSyncs(file: string): Record<string, number> {
  const counts: Record<string, number> = {};
  // `1234 fsync(5) = 0`, or in two lines: `… <unfinished ...>`, `1234 <... fsync resumed>) = 0`.
  for (const [, call] of readFileSync(file, 'utf8').matchAll(/^\d+ +(\w+)\(/gm))
    counts[call!] = (counts[call!] ?? 0) + 1;
  return counts;
}
