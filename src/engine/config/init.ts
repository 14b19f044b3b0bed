import { copyFileSync, chmodSync, lstatSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { configPath, readConfigFile } from './file.ts';
import { findModels, type FoundModels } from './found-models.ts';
import { configTemplate } from './template.ts';
import { replaceFile } from './write.ts';

export interface InitOutcome {
  path: string;
  /** False: there was a file, and it is as it was. */
  created: boolean;
  /** Where the former content was kept, with `force`. */
  backup?: string;
  found: FoundModels;
}

/** `config init`: writes the commented file, with the models that were found. An existing one only with `force`. */
export async function initConfig(request: {
  home: string;
  file?: string;
  environment: Environment;
  force: boolean;
  clock: Clock;
}): Promise<InitOutcome> {
  const path = request.file ?? configPath(request.home);
  const exists = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (exists && !request.force) return { path, created: false, found: {} };
  const found = await findModels(request.environment, request.clock);
  const former = exists ? readConfigFile(request.home, path).text : '';
  const backup = former === '' ? undefined : `${path}.bak`;
  if (backup !== undefined) {
    copyFileSync(path, backup);
    chmodSync(backup, 0o600);
  }
  if (!replaceFile(path, configTemplate(found), former)) {
    throw new RuntimeError('store_unavailable', `another program is writing ${path}`, { next: 'Try again.' });
  }
  return { path, created: true, found, ...(backup !== undefined && { backup }) };
}
