/**
 * A lock on a file that the kernel keeps, so that it is free when its holder dies.
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
import { DatabaseSync } from 'node:sqlite';
import { RuntimeError } from '../contract/errors.ts';
import { createFile } from './files.ts';
import { isFileError, storeError } from './store-error.ts';

const TAKE = 'PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE; PRAGMA user_version = 1';
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
/** How often the lock file may be replaced under our hands before we give up. */
const TRIES = 10;

/**
 * The database that holds the lock of a file, until it is closed; undefined when another process (or connection) has it,
 * still after `patienceMs`, for which the thread waits.
 * @throws RuntimeError store_unavailable | no_permission | disk_full
 */
export function lockFile(path: string, patienceMs = 0): DatabaseSync | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = ensureLockFile(path);
    const database = new DatabaseSync(path, { timeout: patienceMs });
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
