/** Can a folder be written to now? */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeError } from '../contract/errors.ts';
import { removeFile, temporaryOf, writeAll } from './files.ts';
import { storeError } from './store-error.ts';

/** What a journal's line needs at least. */
const PROBE_BYTES = 4096;

/** Writes a page and removes it again, without a sync. Gives what went wrong. */
export function probeFolder(folder: string): RuntimeError | undefined {
  const path = temporaryOf(join(folder, 'probe'));
  try {
    const fd = openSync(path, 'w', 0o600); // doesn't make the folder anew, should it be gone
    try {
      writeAll(fd, Buffer.alloc(PROBE_BYTES));
    } finally {
      closeSync(fd);
      removeFile(path);
    }
    return undefined;
  } catch (error) {
    return storeError('Writing', error);
  }
}
