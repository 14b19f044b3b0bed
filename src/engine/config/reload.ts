/** The configuration, read again by a process that stays. What can't change while it runs stays as it was. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { JsonValue } from '../../base/json.ts';
import type { Config } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Workspace } from '../wire.ts';
import { refuseStreams } from './file.ts';
import { allKeys } from './keys.ts';
import { loadConfig } from './load.ts';
import { policyIn, rulesFile } from './policy-in.ts';
import { wrongPolicy } from './policy.ts';
import { getAt } from './tree.ts';

export interface Reloaded {
  /** Paths of keys that have another value now. */
  changed: string[];
  /** Of those that will have another at the next start. */
  needs_restart: string[];
}

/** All others are read once, when the process starts. */
const LIVE = /^(models|governance|orchestrator|budget|network)\.|^(log\.level|sandbox\.mode)$/;
const AT_START = new Set(['governance.idempotency_ttl']);

/** One that isn't valid changes nothing. @throws RuntimeError config_invalid | config_unreadable */
export async function reloadConfig(workspace: Workspace): Promise<Reloaded> {
  const { home, tools, loaded, request } = workspace;
  for (const path of [loaded.file.path, rulesFile(workspace.store.folder)]) refuseStreams(path);
  const check = (config: Config) => wrongPolicy(config, tools.tools());
  const fresh = await loadConfig({ home, ...request, check });
  // Deleted, or on its way to another place: nobody said that what it denied is allowed now.
  if (loaded.file.exists && !fresh.file.exists) {
    throw new RuntimeError('config_unreadable', `can't read the configuration ${loaded.file.path}: it is gone`);
  }
  // As an editor leaves it for a moment that writes into the file.
  if (!isEmpty(loaded.file.text) && isEmpty(fresh.file.text)) {
    throw new RuntimeError('config_unreadable', `can't read the configuration ${loaded.file.path}: it is empty`);
  }
  const differing = allKeys.map(({ path }) => path).filter((path) => differs(loaded.config, fresh.config, path));
  const changed = differing.filter((path) => LIVE.test(path) && !AT_START.has(path));
  const config = structuredClone(loaded.config);
  for (const path of changed) copyKey(fresh.config, config, path);
  const policy = await policyIn(workspace.store.folder, config, tools);
  workspace.loaded = { ...fresh, config };
  workspace.policy = policy;
  return { changed, needs_restart: differing.filter((path) => !changed.includes(path)) };
}

const isEmpty = (text: string): boolean => text.trim() === '';

function differs(before: Config, after: Config, path: string): boolean {
  const [was, is] = [before, after].map((config) => getAt(config, path.split('.')) as JsonValue | undefined);
  return was === undefined || is === undefined ? was !== is : canonicalJson(was) !== canonicalJson(is);
}

/** The sections are there: a valid configuration has them all. */
function copyKey(from: Config, to: Config, path: string): void {
  const words = path.split('.');
  const [section, name] = [getAt(to, words.slice(0, -1)) as Record<string, unknown>, words.at(-1)!];
  const value = getAt(from, words);
  if (value === undefined) delete section[name];
  else section[name] = value;
}
