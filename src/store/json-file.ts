/** A small file of JSON that is read whole, written whole, and changed by one process at a time. */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RuntimeError } from '../contract/errors.ts';
import { lockFile } from './file-lock.ts';
import { ensureFolder, openExisting, writeWhole } from './files.ts';
import { storeError } from './store-error.ts';

/**
 * What a file holds, whoever wrote it: to be validated. Longer ones, and what is no JSON, are found as undefined. Undefined: there is
 * no file. @throws RuntimeError no_permission | store_unavailable
 */
export function readJson(path: string, mostBytes: number): { found: unknown } | undefined {
  try {
    const file = openExisting(path, 'read');
    if (file === undefined) return undefined;
    try {
      return { found: fstatSync(file).size > mostBytes ? undefined : parsedJson(readFileSync(file, 'utf8')) };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw storeError(`Reading ${path}`, error);
  }
}

/** Undefined: it is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Durable when it returns. @throws RuntimeError no_permission | store_unavailable | disk_full */
export function writeJson(path: string, value: unknown): void {
  try {
    ensureFolder(dirname(path));
    writeWhole(path, `${JSON.stringify(value, null, 2)}\n`, { sync: true });
  } catch (error) {
    throw storeError(`Writing ${path}`, error);
  }
}

/**
 * Writes what `change` gives, and gives it, while no other process changes the file: `what` it is, for who waited in vain.
 * @throws RuntimeError locked | what `change` and `writeJson` throw
 */
export function changeJson<T>(path: string, what: string, patienceMs: number, change: () => T): T {
  try {
    ensureFolder(dirname(path));
    const lock = lockFile(`${path}.lock`, patienceMs);
    if (lock === undefined) throw new RuntimeError('locked', `Another process is changing ${what}.`);
    try {
      const changed = change();
      writeJson(path, changed);
      return changed;
    } finally {
      lock.close();
    }
  } catch (error) {
    throw storeError(`Writing ${path}`, error);
  }
}
