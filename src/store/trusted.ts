/** `RUNTIME_HOME/trusted.json`: read whole, written whole, changed by one process at a time. */
import { join } from 'node:path';
import { validate } from '#generated/trusted-validator.js';
import { RuntimeError } from '../contract/errors.ts';
import type { Trusted, TrustedFile } from '../contract/trust.ts';
import { changeJson, readJson } from './json-file.ts';

/** A file is some hundred bytes of it. */
const MOST_BYTES = 8 * 1024 * 1024;
const PATIENCE_MS = 5000;

const pathIn = (home: string): string => join(home, 'trusted.json');

/** @throws RuntimeError store_damaged | no_permission | store_unavailable */
export function readTrusted(home: string): TrustedFile[] {
  const path = pathIn(home);
  const file = readJson(path, MOST_BYTES);
  if (file === undefined) return [];
  const { found } = file;
  if (validate(found)) return found.files;
  throw new RuntimeError('store_damaged', `${path} is not what this version wrote.`, {
    next: 'Move it away; files are to be trusted anew with `runtime trust` then.',
  });
}

/** Durable when it returns. @throws RuntimeError locked | what `readTrusted` throws | disk_full */
export function changeTrusted(home: string, change: (files: TrustedFile[]) => TrustedFile[]): void {
  changeJson(pathIn(home), 'what is trusted', PATIENCE_MS, (): Trusted => ({ v: 1, files: change(readTrusted(home)) }));
}
