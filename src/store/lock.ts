/**
 * The workspace's lock: one the kernel keeps (see `file-lock.ts`). It is free at once when its holder dies, however it
 * dies, and stays while the holder is suspended; there is no heartbeat and nothing to steal.
 */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { OwnerRecord } from '../contract/records.ts';
import { lockFile } from './file-lock.ts';
import { removeFile, writeWhole } from './files.ts';
import { isAlive, ownerPath, readOwner } from './owner-record.ts';
import { storeError } from './store-error.ts';

export type LockResult =
  | {
      ok: true;
      /** Who held it before and ended without releasing it. */
      left_by?: OwnerRecord;
      release: () => void;
      /** Gives it up as one who is killed does: whoever comes next is told that somebody didn't release it. */
      drop: () => void;
    }
  /** `held_by` is undefined while the holder hasn't said who it is. */
  | { ok: false; held_by: OwnerRecord | undefined };

const LOCK_FILE = 'workspace.lock';

/** The collector would close a database that nobody refers to, and so drop its lock. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of the workspace in `folder`, which exists. Never waits. `named`: where the folder will stand.
 * @throws RuntimeError store_unavailable | no_permission | disk_full
 */
export function takeLock(folder: string, owner: OwnerRecord, named = folder): LockResult {
  const ownerFile = ownerPath(named);
  const database = lockFile(join(folder, LOCK_FILE));
  const written = readOwner(named);
  if (database === undefined) return { ok: false, held_by: written && isAlive(written.pid) ? written : undefined };
  held.add(database);
  const drop = (): void => {
    if (held.delete(database)) database.close();
  };
  const release = (): void => {
    if (!held.has(database)) return;
    try {
      removeFile(ownerFile);
    } catch {
      // It is for messages only, and the next holder writes its own.
    }
    drop();
  };
  try {
    writeWhole(ownerFile, `${JSON.stringify(owner)}\n`, { sync: false });
  } catch (error) {
    drop();
    throw storeError('Taking the lock', error);
  }
  return { ok: true, ...(written && { left_by: written }), release, drop };
}
