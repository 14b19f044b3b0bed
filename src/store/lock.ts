/**
 * The workspace's lock: one the kernel keeps. It is free at once when its holder dies, however it dies, and stays while
 * the holder is suspended; there is no heartbeat and nothing to steal.
 *
 * SQLite's file locks are the only such locks that Node offers. `BEGIN IMMEDIATE` takes the *reserved* lock, one byte that
 * only one process can have: of many racing ones exactly one gets it, without waiting. (`BEGIN EXCLUSIVE` first shares
 * the file, so that two racing ones may refuse each other.) Nothing is ever written, so no journal file appears.
 *
 * A file that can't be opened for writing SQLite opens for reading, and then `BEGIN IMMEDIATE` shares it without a word:
 * setting a value, which is never committed, fails there, and elsewhere changes nothing.
 *
 * POSIX locks end when the process closes *any* descriptor of the file: nothing else may open it, copying included.
 */
import { closeSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RuntimeError } from '../contract/errors.ts';
import type { OwnerRecord } from '../contract/records.ts';
import { createFile, removeFile, writeWhole } from './files.ts';
import { isAlive, ownerPath, readOwner } from './owner-record.ts';
import { isFileError, storeError } from './store-error.ts';

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
const TAKE = 'PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE; PRAGMA user_version = 1';
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
/** How often the lock file may be replaced under our hands before we give up. */
const TRIES = 10;

/** The collector would close a database that nobody refers to, and so drop its lock. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of the workspace in `folder`, which exists. Never waits. `named`: where the folder will stand.
 * @throws RuntimeError store_unavailable | no_permission | disk_full
 */
export function takeLock(folder: string, owner: OwnerRecord, named = folder): LockResult {
  const ownerFile = ownerPath(named);
  const database = acquire(join(folder, LOCK_FILE));
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

/** The database that holds the lock; undefined when another process (or connection) does. */
function acquire(path: string): DatabaseSync | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = ensureLockFile(path);
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      database.exec(TAKE);
    } catch (error) {
      database.close();
      if (isSqliteError(error, SQLITE_BUSY)) return undefined;
      if (isSqliteError(error, SQLITE_READONLY)) {
        throw new RuntimeError('no_permission', `${path} may not be written to.`, { cause: error });
      }
      throw new RuntimeError('store_unavailable', `Taking the lock: ${String(error)}`, { cause: error });
    }
    // Someone may have removed or replaced the file: then this is the lock of a file that no one else will find.
    if (inodeOf(path) === before) return database;
    database.close();
  }
  throw new RuntimeError('store_unavailable', `${path} is replaced again and again.`, { next: 'Find out by whom.' });
}

/** Makes the lock file where there is none; one that is there isn't opened. Gives its inode. */
function ensureLockFile(path: string): bigint | undefined {
  const found = inodeOf(path);
  if (found !== undefined) return found;
  try {
    closeSync(createFile(path));
  } catch (error) {
    if (!isFileError(error, 'EEXIST')) throw storeError('Taking the lock', error);
  }
  return inodeOf(path);
}

function inodeOf(path: string): bigint | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function isSqliteError(error: unknown, code: number): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === code;
}
