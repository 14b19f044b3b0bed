/** What is known about the configuration's keys at run time, without zod: generated from the schema by the build. */
import { configKeys } from '#generated/config-keys.js';
import { nearest } from '../../base/nearest.ts';
import type { ConfigKey } from '../../contract/config-key.ts';

const byPath = new Map(configKeys.map((key) => [key.path, key]));
const byVariable = new Map(configKeys.map((key) => [variableOf(key.path), key]));

export const allKeys: readonly ConfigKey[] = configKeys;

export function findKey(path: string): ConfigKey | undefined {
  return byPath.get(path);
}

/** The environment variable of a key: `orchestrator.max_turns` is `RUNTIME_ORCHESTRATOR_MAX_TURNS`. */
export function variableOf(path: string): string {
  return `RUNTIME_${path.toUpperCase().replaceAll('.', '_')}`;
}

export function findVariable(name: string): ConfigKey | undefined {
  return byVariable.get(name);
}

/** The key that was probably meant: spelled alike, or the same last word in another section. */
export function nearestKey(path: string): string | undefined {
  const word = path.slice(path.lastIndexOf('.') + 1);
  const elsewhere = configKeys.filter((key) => key.path.endsWith(`.${word}`));
  return nearest(path, byPath.keys()) ?? (elsewhere.length === 1 ? elsewhere[0]!.path : undefined);
}

export function nearestVariable(name: string): string | undefined {
  return nearest(name, byVariable.keys());
}

/** Is this the path of a section, as `budget.turn`? */
export function isSection(path: string): boolean {
  return configKeys.some((key) => key.path.startsWith(`${path}.`));
}
