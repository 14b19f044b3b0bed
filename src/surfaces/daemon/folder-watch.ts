/**
 * A lock holds only whoever finds its file. When the workspace's folder is removed or replaced under a daemon, another may
 * take what stands there now, and two would write: the one that can't be found has to end.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { RuntimeError } from '../../contract/errors.ts';

const EVERY_MS = 2000;

/**
 * Resolves with what is to be said when the folder isn't any more the one whose lock is held now. `left`: resolves when the
 * lock is given up.
 */
export function folderLost(folder: string, clock: Clock, left: Promise<unknown>): Promise<RuntimeError> {
  const lock = join(folder, 'workspace.lock');
  const inode = (): number | undefined => statSync(lock, { throwIfNoEntry: false })?.ino;
  const held = inode();
  return new Promise((resolve) => {
    let cancel = (): void => {};
    const look = (): void => {
      if (isHeld()) cancel = clock.at(clock.now() + EVERY_MS, look);
      else resolve(lost(folder));
    };
    const isHeld = (): boolean => {
      try {
        return held !== undefined && inode() === held;
      } catch {
        return true; // it can't be looked at now
      }
    };
    look();
    void left.then(() => cancel());
  });
}

function lost(folder: string): RuntimeError {
  return new RuntimeError('store_unavailable', `${folder} was removed or replaced while the daemon had it.`, {
    next: 'Start the daemon again; it takes what stands there now.',
  });
}
