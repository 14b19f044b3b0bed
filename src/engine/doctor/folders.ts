import { accessSync, constants, type Stats, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAlive, readOwner } from '../../store/owner-record.ts';
import type { Finding } from './finding.ts';

/** Below this a long session may not find room for its end. */
const LEAST_FREE_BYTES = 100 << 20;
const MIB = 1 << 20;
const OF_OTHERS = 0o077;

/** The home, the room on its disk, the workspace's folder (when it is known which) and who holds it. */
export function examineFolders(home: string, workspace?: string): Finding[] {
  const findings = [...examineFolder('home', home), examineDisk(home)];
  if (workspace === undefined) return findings;
  return [...findings, ...examineFolder('workspace', workspace), examineOwner(workspace)];
}

function examineFolder(check: 'home' | 'workspace', path: string): Finding[] {
  const problem = (message: string, next: string): Finding => ({ check, status: 'problem', message, next });
  const stats = statOf(path);
  if (stats === undefined) {
    const above = nearestFolder(path);
    return isWritable(above)
      ? [{ check, status: 'ok', message: `${path} is not there yet; the first run makes it` }]
      : [
          problem(
            `${path} can't be made: no permission to write ${above}`,
            `Give yourself that right, or set RUNTIME_HOME.`,
          ),
        ];
  }
  if (!stats.isDirectory()) return [problem(`${path} is not a folder`, 'Move it away, or set RUNTIME_HOME.')];
  const own = process.getuid?.();
  if (own !== undefined && stats.uid !== own && own !== 0) {
    return [problem(`${path} belongs to another user (${stats.uid})`, `chown -R ${own} ${path}`)];
  }
  if (!isWritable(path)) return [problem(`no permission to write ${path}`, `chmod u+rwx ${path}`)];
  if ((stats.mode & OF_OTHERS) === 0) return [{ check, status: 'ok', message: path }];
  // A home that somebody made by hand is often open; what the program makes in it never is.
  const status = check === 'home' ? 'note' : 'problem';
  return [{ check, status, message: `others may look into ${path}`, next: `chmod go-rwx ${path}` }];
}

/** `owner.json` is for messages only: the lock file itself is never opened here, since closing it could drop the lock. */
function examineOwner(folder: string): Finding {
  const owner = readOwner(folder);
  if (owner === undefined) return { check: 'lock', status: 'ok', message: 'free' };
  const { pid, program } = owner;
  return isAlive(pid)
    ? { check: 'lock', status: 'note', message: `held by ${program}, process ${pid}` }
    : { check: 'lock', status: 'ok', message: `free; process ${pid}, which held it last, is gone` };
}

function examineDisk(home: string): Finding {
  const { bavail, bsize } = statfsSync(nearestFolder(home));
  const free = bavail * bsize;
  const message = `${Math.floor(free / MIB).toLocaleString('en')} MiB free`;
  return free < LEAST_FREE_BYTES
    ? { check: 'disk', status: 'problem', message: `only ${message}`, next: 'Free some space, or move RUNTIME_HOME.' }
    : { check: 'disk', status: 'ok', message };
}

/** The path itself where it is there, else what is there above it. */
function nearestFolder(path: string): string {
  let folder = path;
  while (statOf(folder) === undefined && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
