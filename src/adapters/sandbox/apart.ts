/**
 * Mounts that come while a command runs (a stick that is plugged in, a share that is mounted as somebody looks at it) come into
 * bubblewrap's sandbox, too, and can be written to there: its mounts are slaves of the machine's (mount_namespaces(7)).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAnyShared } from '../../base/mounts.ts';
import { remembering } from '../../base/remembering.ts';

const PROGRAM = ['/usr/bin/unshare', '/bin/unshare'].find((path) => existsSync(path)) ?? 'unshare';
const IS_ROOT = process.geteuid?.() === 0;
const APART = ['--mount', '--propagation', 'private', ...(IS_ROOT ? [] : ['--user', '--map-current-user']), '--'];

/** More than any machine needs for it. */
const TIMEOUT_MS = 10_000;

export interface Started {
  program: string;
  args: readonly string[];
}

/** How bubblewrap is started so that no mount comes into its sandbox later, where that can be done. */
export function apart(bubblewrap: string, args: readonly string[]): Started {
  const is = isAnyShared() && canBeApart(bubblewrap);
  return is ? { program: PROGRAM, args: [...APART, bubblewrap, ...args] } : { program: bubblewrap, args };
}

/** Whether mounts that come while a command runs come into its sandbox. */
export function letsMountsIn(bubblewrap: string): boolean {
  return isAnyShared() && !canBeApart(bubblewrap);
}

/** Some systems let a few programs alone make namespaces: bubblewrap is one, but not in those of another. */
const canBeApart = remembering((bubblewrap) => {
  const sandbox = [...(IS_ROOT ? [] : ['--unshare-user']), '--ro-bind', '/', '/', '--', '/bin/true'];
  const tried = spawnSync(PROGRAM, [...APART, bubblewrap, ...sandbox], { stdio: 'ignore', timeout: TIMEOUT_MS });
  return tried.status === 0;
});
