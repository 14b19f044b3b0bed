/** The vault's passphrase in a file, for a daemon. */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { openExisting } from '../../store/files.ts';
import { storeError } from '../../store/store-error.ts';

const MOST_BYTES = 4096;
const OF_OTHERS = 0o077;

/** What the configured file says; undefined: none is configured. @throws RuntimeError vault_locked | no_permission */
export function filedPassphrase({ home, config }: { home: string; config: Config }): string | undefined {
  const { passphrase_file: named } = config.vault;
  return named ? readPassphrase(resolve(home, named)) : undefined;
}

/** @throws RuntimeError vault_locked | no_permission | … */
export function readPassphrase(path: string): string {
  const unfit = (why: string, next: string): RuntimeError =>
    new RuntimeError('vault_locked', `The passphrase of the vault can't be read from ${path}: ${why}.`, { next });
  let file: number | undefined;
  try {
    file = openExisting(path, 'read');
    if (file === undefined) throw unfit('it is not there', 'Write the passphrase into it, or name another file.'); // prettier-ignore
    const { mode, size } = fstatSync(file);
    if ((mode & OF_OTHERS) !== 0) throw unfit('others may read it', `chmod 600 ${path}`);
    const text = size > MOST_BYTES ? '' : readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (text === '') throw unfit('it holds no passphrase', 'Write the passphrase into it, as one line.');
    return text;
  } catch (error) {
    throw storeError(`Reading ${path}`, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
