/**
 * Whether a process that serves a workspace may: it holds the workspace's lock, as the system tells, and isn't a tool of
 * the agent. A tool could put its own socket in the place of the owner's, or take a workspace that nobody has.
 */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '../../../contract/errors.ts';
import { descendsFromTool } from '../../../engine/caller.ts';
import { isAlive, readOwner } from '../../../store/owner-record.ts';

/** @throws RuntimeError no_permission, when it may not be trusted */
export function mustHold(folder: string, pid: number, isTool = (id: number): boolean => descendsFromTool(id)): void {
  const holders = holdersOf(join(folder, 'workspace.lock'));
  if (holders.length > 0 && !holders.includes(pid)) {
    throw new RuntimeError(
      'no_permission',
      `Process ${pid} serves the workspace, but process ${holders[0]} holds it.`,
      {
        next: `Find out what process ${pid} is, and end it.`,
      },
    );
  }
  if (!isTool(pid)) return;
  throw new RuntimeError(
    'no_permission',
    `The workspace is held by process ${pid}, which a tool of the agent started.`,
    {
      next: `End process ${pid}, or wait until it ends.`,
    },
  );
}

/** The process that holds the workspace, as the system tells, else as it wrote itself; undefined: none, as far as known. */
export function holderOf(folder: string): number | undefined {
  const [pid] = holdersOf(join(folder, 'workspace.lock'));
  if (pid !== undefined || existsSync('/proc/locks')) return pid;
  const owner = readOwner(folder);
  return owner && isAlive(owner.pid) ? owner.pid : undefined;
}

/** Who holds a lock on a file for writing; none where the system doesn't tell. */
function holdersOf(path: string): number[] {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return readFileSync('/proc/locks', 'latin1')
      .split('\n')
      .flatMap((line) => {
        // `1: POSIX  ADVISORY  WRITE <pid> <major>:<minor>:<inode> <from> <to>`, the device in hexadecimal digits
        const [, , , access, pid, file] = line.split(/ +/);
        return access === 'WRITE' && file === `${deviceName(dev)}:${ino}` ? [Number(pid)] : [];
      });
  } catch {
    return [];
  }
}

function deviceName(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':');
}
