/** Rights of a folder that a command may have taken from its owner. */
import { chmodSync, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { hasProc, isStillThere } from '../../base/files/open-file.ts';
import { kindOf } from './git-names.ts';

const { O_DIRECTORY, O_NOFOLLOW, S_IRUSR, S_IRWXU, S_IXUSR } = constants;
/** Of Linux, on all machines that Node runs on (open(2)). */
export const O_PATH = 0o10000000;
/** Of an owner. */
export const LOOK = S_IRUSR | S_IXUSR;
export const CHANGE = S_IRWXU;

/**
 * Gives them back, to look into it or to change it. Through the folder, held open as far as one can that may not be opened: a
 * command that still runs may put a link in the place of any.
 */
export function unlock(folder: string | Buffer, rights: number): void {
  const kind = kindOf(folder);
  if (kind?.isDirectory() !== true || kind.uid !== process.geteuid?.() || (kind.mode & rights) === rights) return;
  if (!hasProc()) return;
  const fd = openSync(folder, O_PATH | O_NOFOLLOW | O_DIRECTORY);
  try {
    const stats = fstatSync(fd);
    if (isStillThere({ fd, stats }, folder)) chmodSync(`/proc/self/fd/${fd}`, (stats.mode & 0o7777) | rights);
  } finally {
    closeSync(fd);
  }
}
