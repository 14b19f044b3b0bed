/** A small file that is given up when the disk is full, so that the end of what was running can still be recorded. */
import { closeSync, existsSync } from 'node:fs';
import { createFile, removeFile, writeAll } from './files.ts';

const BALLAST_BYTES = 64 * 1024;

/** Makes the file where it isn't there. A disk that has no room for it is no error. */
export function ensureBallast(path: string): void {
  if (existsSync(path)) return;
  try {
    const fd = createFile(path);
    try {
      // Not zeros: a file system that compresses would keep no space for them.
      writeAll(fd, noise());
    } finally {
      closeSync(fd);
    }
  } catch {
    removeFile(path);
  }
}

/** Gives the space back. Was there any? */
export function dropBallast(path: string): boolean {
  if (!existsSync(path)) return false;
  removeFile(path);
  return true;
}

function noise(): Buffer {
  const bytes = Buffer.alloc(BALLAST_BYTES);
  for (let i = 0, state = 1; i < BALLAST_BYTES; i += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(state, i);
  }
  return bytes;
}
