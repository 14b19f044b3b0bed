/** The first configuration: whether there is need of one, and writing it from what a person chose. */
import { lstatSync } from 'node:fs';
import type { JsonValue } from '../../base/json.ts';
import type { Config, ModelEntry } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { configPath } from './file.ts';
import { type ConfigRequest, loadConfig } from './load.ts';
import { chooseModels } from './models.ts';
import { PROFILES } from './profiles.ts';
import { chosenTemplate } from './template.ts';
import { replaceFile } from './write.ts';

/** What may run: the configuration keys that say so. */
export interface PolicyProfile {
  summary: string;
  settings: ReadonlyMap<string, JsonValue>;
}

/** The first is what holds without any configuration. */
export const POLICY_PROFILES: readonly [PolicyProfile, ...PolicyProfile[]] = [
  { summary: PROFILES.careful.summary, settings: new Map() },
  ...(['readonly', 'workspace'] as const).map((name) => ({
    summary: PROFILES[name].summary,
    settings: new Map([['governance.profile', name]]),
  })),
];

/**
 * The configuration as it is, where nobody has written a file and no model would answer but the offline demo; else undefined.
 * @throws RuntimeError config_invalid, by what the environment or the flags say
 */
export async function configToComplete(request: ConfigRequest): Promise<Config | undefined> {
  if (isThere(configPath(request.home))) return undefined;
  const { config } = await loadConfig(request);
  return chooseModels(config, request.environment).offline_demo ? config : undefined;
}

/**
 * Writes the commented file with the model as default, whole or not at all. Gives its path.
 * @throws RuntimeError store_unavailable, when there is a file by now; errors of the file system
 */
export function writeFirstConfig(home: string, model: ModelEntry, profile: PolicyProfile): string {
  const path = configPath(home);
  if (isThere(path) || !replaceFile(path, chosenTemplate(model, profile.settings), '')) {
    throw new RuntimeError('store_unavailable', `${path} has come from elsewhere meanwhile, and stays as it is.`, {
      next: 'See what it says with `runtime config view`.',
    });
  }
  return path;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
