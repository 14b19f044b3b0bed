/**
 * The port `Snapshots` on files: `cache/snapshots/<file>.json`. The first line is the SHA-256 of what follows, so that a
 * file which isn't whole is none. Reading and writing never fail: without a snapshot all is as with one, only slower.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import type { Snapshots } from '../contract/ports.ts';
import { ensureFolder, removeFile, syncFolder, temporaryOf, writeWhole } from './files.ts';
import { sessionFileName } from './session-file.ts';
import { storeError } from './store-error.ts';

export function createSnapshots(options: { folder: string; requireLock: () => void }): Snapshots {
  const { requireLock } = options;
  const folder = join(options.folder, 'snapshots');
  const fileOf = (session: string): string => join(folder, `${sessionFileName(session)}.json`);

  return {
    async read(session) {
      if (!existsSync(fileOf(session))) return undefined; // as mostly: an error takes longer
      try {
        const content = readFileSync(fileOf(session), 'utf8');
        const end = content.indexOf('\n');
        const text = content.slice(end + 1);
        return sha256(text) === content.slice(0, end) ? JSON.parse(text) : undefined;
      } catch {
        return undefined;
      }
    },

    async write(session, value) {
      requireLock();
      try {
        const text = JSON.stringify(value);
        ensureFolder(folder);
        writeWhole(fileOf(session), `${sha256(text)}\n${text}`, { sync: false });
      } catch {
        // The one before, if any, stays and is as good as it was.
      }
    },

    async remove(session) {
      requireLock();
      try {
        const path = fileOf(session);
        for (const name of [path, temporaryOf(path)]) removeFile(name);
        if (existsSync(folder)) await syncFolder(folder);
      } catch (error) {
        throw storeError(`Removing the snapshot of ${session}`, error);
      }
    },
  };
}
