/** The file of a Unix socket: made so that nobody but this user can ever connect, removed only when it is still ours. */
import { chmodSync, existsSync, mkdirSync, renameSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { isPrivatePath } from '../../../adapters/control/control-path.ts';
import { fileOf } from '../../../adapters/control/listener.ts';
import { RuntimeError } from '../../../contract/errors.ts';

export interface SocketFile {
  /** What tells it from every other. */
  id: string;
  /** Removes it, unless another process has put its own there since. */
  remove(): void;
}

/**
 * Listens at `path`, in place of a socket that a dead owner left. The caller holds the workspace: nobody else does this.
 * @throws RuntimeError no_permission, when the folder can be reached by others; errors of the file system
 */
export async function listenAt(server: Server, path: string): Promise<SocketFile> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!isPrivatePath(path)) {
    throw new RuntimeError('no_permission', `${dirname(path)} is not a folder of this user alone.`);
  }
  // Under another name first: what stands at `path` can be connected to from its first moment on.
  const temporary = `${path}~`;
  tryToRemove(temporary);
  await bind(server, temporary);
  chmodSync(temporary, 0o600);
  const id = fileOf(temporary);
  renameSync(temporary, path);
  return {
    id,
    remove() {
      if (existsSync(path) && fileOf(path) === id) tryToRemove(path);
    },
  };
}

/** One that can't be removed is in nobody's way: the next owner puts its own in its place. */
function tryToRemove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // it may not be there
  }
}

/** Binding happens before `listen` returns: the mask holds for that alone. */
function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once('error', failed);
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', failed);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}
