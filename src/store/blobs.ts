/**
 * The port `Blobs` on files: `blobs/sha256/ab/<hex>`, and `blobs/private/ab/<hex>` for what is never exported. A file
 * has its name only when its bytes are durable, so a name that is there needs no more writing.
 */
import { closeSync, existsSync, fsync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { shareRuns } from '../base/share-runs.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Blobs } from '../contract/ports.ts';
import { openAnew, removeFile, syncFolder, writeAll } from './files.ts';
import { isFileError, storeError } from './store-error.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** `close` resolves when no blob is being written any more. */
export function createBlobs({ folder, requireLock }: { folder: string; requireLock: () => void }): {
  blobs: Blobs;
  close: () => Promise<void>;
} {
  const pathOf = (kind: 'sha256' | 'private', hex: string): string => join(folder, kind, hex.slice(0, 2), hex);
  const underWay = new Map<string, Promise<void>>();
  const folderSyncs = new Map<string, () => Promise<void>>();

  const syncNames = (names: string): Promise<void> => {
    let sync = folderSyncs.get(names);
    if (sync === undefined) folderSyncs.set(names, (sync = shareRuns(() => syncFolder(names))));
    return sync();
  };

  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    // Only the workspace's holder writes, and once at a time: what a killed one left here is overwritten.
    const temporary = `${path}.tmp`;
    try {
      const fd = openAnew(temporary);
      try {
        writeAll(fd, bytes);
        await new Promise<void>((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())));
      } finally {
        closeSync(fd);
      }
      renameSync(temporary, path);
      await syncNames(dirname(path));
    } catch (error) {
      // Also the name, when only its folder's sync failed: who finds it takes the blob for durable.
      try {
        for (const left of [temporary, path]) removeFile(left);
      } catch {
        // The first error tells more.
      }
      throw storeError('Writing a blob', error);
    }
  };

  const blobs: Blobs = {
    async put(data, options = {}) {
      requireLock();
      const hex = sha256(data);
      const path = pathOf(options.private ? 'private' : 'sha256', hex);
      let writing = underWay.get(path);
      if (writing === undefined && !existsSync(path)) {
        writing = write(path, typeof data === 'string' ? Buffer.from(data) : data).finally(() => underWay.delete(path));
        underWay.set(path, writing);
      }
      await writing;
      return `sha256:${hex}`;
    },

    async get(digest, options = {}) {
      if (!DIGEST.test(digest)) return undefined;
      const hex = digest.slice('sha256:'.length);
      const shared = readOptional(pathOf('sha256', hex));
      const bytes = shared ?? (options.private === false ? undefined : readOptional(pathOf('private', hex)));
      if (bytes !== undefined && sha256(bytes) !== hex) {
        throw new RuntimeError('store_damaged', `The blob ${digest} holds other bytes than those it is named after.`);
      }
      return bytes;
    },
  };
  return {
    blobs,
    async close() {
      while (underWay.size > 0) await Promise.allSettled(underWay.values());
    },
  };
}

function readOptional(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return undefined;
    throw storeError(`Reading ${path}`, error);
  }
}
