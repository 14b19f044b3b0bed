/** Logins with model services, a file each in `RUNTIME_HOME/auth`: read whole, written whole. */
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { validate } from '#generated/login-validator.js';
import { RuntimeError } from '../contract/errors.ts';
import type { Login } from '../contract/login.ts';
import { lockFile } from './file-lock.ts';
import { ensureFolder, removeFile, syncFolderNow } from './files.ts';
import { readJson, writeJson } from './json-file.ts';
import { storeError } from './store-error.ts';

/** A login is a few KiB. */
const MOST_BYTES = 1024 * 1024;

export function hasLogin(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Undefined: there is none. @throws RuntimeError store_damaged | no_permission | store_unavailable */
export function readLogin(path: string): Login | undefined {
  const file = readJson(path, MOST_BYTES);
  if (file === undefined) return undefined;
  const { found } = file;
  if (validate(found)) return found;
  throw new RuntimeError('store_damaged', `${path} is no login that this version wrote.`, {
    next: 'Log in anew with `runtime provider login openai-codex`.',
  });
}

/** For who only tells of it: one that can't be read is none. */
export function usableLogin(path: string): Login | undefined {
  try {
    return readLogin(path);
  } catch {
    return undefined;
  }
}

/** Durable when it returns. @throws RuntimeError no_permission | store_unavailable | disk_full */
export function writeLogin(path: string, login: Login): void {
  writeJson(path, login);
}

/** None is no error. @throws RuntimeError no_permission | store_unavailable */
export function removeLogin(path: string): void {
  try {
    if (!hasLogin(path)) return;
    removeFile(path);
    syncFolderNow(dirname(path));
  } catch (error) {
    throw storeError(`Removing ${path}`, error);
  }
}

/**
 * Gives what unlocks it; undefined: somebody else is changing the login just now. The kernel keeps the lock, so that it is
 * free when its holder dies.
 * @throws RuntimeError no_permission | store_unavailable
 */
export function lockLogin(path: string): (() => void) | undefined {
  ensureFolder(dirname(path));
  const lock = lockFile(`${path}.lock`);
  return lock && (() => lock.close());
}
