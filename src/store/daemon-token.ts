/** `RUNTIME_HOME/daemon.token`: what lets programs of the same person speak to the daemon. Made at its first start. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './files.ts';
import { isFileError, storeError } from './store-error.ts';
import { newToken } from './tokens.ts';

export function daemonTokenPath(home: string): string {
  return join(home, 'daemon.token');
}

/** Undefined when there is none. @throws RuntimeError no_permission | store_unavailable */
export function readDaemonToken(home: string): string | undefined {
  const path = daemonTokenPath(home);
  try {
    const token = readFileSync(path, 'utf8').trim();
    return token === '' ? undefined : token;
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return undefined;
    throw storeError(`Reading ${path}`, error);
  }
}

/** @throws RuntimeError no_permission | store_unavailable | disk_full */
export function makeDaemonToken(home: string): string {
  const token = newToken();
  try {
    writeWhole(daemonTokenPath(home), `${token}\n`, { sync: true });
  } catch (error) {
    throw storeError(`Writing ${daemonTokenPath(home)}`, error);
  }
  return token;
}
