/** What signs webhooks: made when it is first needed, in the home, for its owner only. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomSecret } from '../base/ids.ts';
import { writeWhole } from './files.ts';
import { isFileError, storeError } from './store-error.ts';

const BYTES = 32;

export function webhookSecretPath(home: string): string {
  return join(home, 'webhook-secret');
}

/** To be called by a holder of a workspace's lock. @throws RuntimeError store_unavailable | no_permission | disk_full */
export function webhookSecret(home: string): string {
  const path = webhookSecretPath(home);
  try {
    const known = readFileSync(path, 'utf8').trim();
    if (known !== '') return known;
  } catch (error) {
    if (!isFileError(error, 'ENOENT')) throw storeError(`Reading ${path}`, error);
  }
  const made = randomSecret(BYTES);
  try {
    writeWhole(path, `${made}\n`, { sync: true });
  } catch (error) {
    throw storeError(`Writing ${path}`, error);
  }
  return made;
}
