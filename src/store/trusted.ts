/** `RUNTIME_HOME/trusted.json`: read whole, written whole, changed by one process at a time. */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from '#generated/trusted-validator.js';
import { RuntimeError } from '../contract/errors.ts';
import type { Trusted, TrustedFile } from '../contract/trust.ts';
import { lockFile } from './file-lock.ts';
import { ensureFolder, openExisting, writeWhole } from './files.ts';
import { storeError } from './store-error.ts';

/** A file is some hundred bytes of it. */
const MOST_BYTES = 8 * 1024 * 1024;
const PATIENCE_MS = 5000;

const pathIn = (home: string): string => join(home, 'trusted.json');

/** @throws RuntimeError store_damaged | no_permission | store_unavailable */
export function readTrusted(home: string): TrustedFile[] {
  const path = pathIn(home);
  let text: string;
  try {
    const file = openExisting(path, 'read');
    if (file === undefined) return [];
    try {
      text = fstatSync(file).size > MOST_BYTES ? '' : readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw storeError(`Reading ${path}`, error);
  }
  const found = parsed(text);
  if (validate(found)) return found.files;
  throw new RuntimeError('store_damaged', `${path} is not what this version wrote.`, {
    next: 'Move it away; files are to be trusted anew with `runtime trust` then.',
  });
}

/** Durable when it returns. @throws RuntimeError locked | what `readTrusted` throws | disk_full */
export function changeTrusted(home: string, change: (files: TrustedFile[]) => TrustedFile[]): void {
  const path = pathIn(home);
  try {
    ensureFolder(home);
    const lock = lockFile(`${path}.lock`, PATIENCE_MS);
    if (lock === undefined) throw new RuntimeError('locked', 'Another process is changing what is trusted.');
    try {
      const next: Trusted = { v: 1, files: change(readTrusted(home)) };
      writeWhole(path, `${JSON.stringify(next, null, 2)}\n`, { sync: true });
    } finally {
      lock.close();
    }
  } catch (error) {
    throw storeError(`Writing ${path}`, error);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
