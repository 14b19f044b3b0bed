/**
 * Mounts that come while a command runs (a stick that is plugged in, a share that is mounted as somebody looks at it) come into
 * bubblewrap's sandbox, too, and can be written to there: its mounts are slaves of the machine's (mount_namespaces(7)).
 */
import { existsSync } from 'node:fs';
import { isAnyShared } from '../../base/mounts.ts';

const PROGRAM = ['/usr/bin/unshare', '/bin/unshare'].find((path) => existsSync(path)) ?? 'unshare';
const IS_ROOT = process.geteuid?.() === 0;
const APART = ['--mount', '--propagation', 'private', ...(IS_ROOT ? [] : ['--user', '--map-current-user']), '--'];

/** Some systems let a few programs alone make namespaces: bubblewrap is one, but not in those of another. */
let isRefused = false;

export interface Started {
  program: string;
  args: readonly string[];
}

/** How bubblewrap is started so that no mount comes into its sandbox later, unless that was found to be refused. */
export function apart(bubblewrap: string, args: readonly string[]): Started {
  const is = isAnyShared() && !isRefused;
  return is ? { program: PROGRAM, args: [...APART, bubblewrap, ...args] } : { program: bubblewrap, args };
}

/** Whether mounts that come while a command runs come into its sandbox. */
export const letsMountsIn = (): boolean => isAnyShared() && isRefused;

/**
 * Tries it apart, and only where that fails not so: then that is how all are started. Gives why it fails either way; undefined: it
 * doesn't.
 */
export async function triedApart(attempt: () => Promise<string | undefined>): Promise<string | undefined> {
  const why = await attempt();
  if (why === undefined || isRefused || !isAnyShared()) return why;
  isRefused = true;
  const whyNotSo = await attempt();
  if (whyNotSo !== undefined) isRefused = false; // it says nothing of being apart
  return whyNotSo;
}
