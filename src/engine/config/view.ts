/** The configuration as people look at it: no secrets, and of each value where it came from. */
import type { JsonObject, JsonValue } from '../../base/json.ts';
import type { Config } from '../../contract/config.ts';
import type { ConfigKey } from '../../contract/config-key.ts';
import { allKeys } from './keys.ts';
import type { LoadedConfig } from './load.ts';
import { maskSecrets } from './secrets.ts';
import { getAt, setAt } from './tree.ts';

export interface ConfigRow {
  key: string;
  value: JsonValue;
  /** `default`, `<file>:<line>`, `env <variable>` or `flag`. */
  origin: string;
}

/** The whole configuration, in the schema's order, whatever the order in the file. */
export function configView(config: Config): JsonObject {
  const view: JsonObject = {};
  for (const { path, value } of valuesOf(maskSecrets(config))) setAt(view, path, value);
  return view;
}

/** Each key that has a value, in the schema's order. */
export async function configRows(loaded: LoadedConfig): Promise<ConfigRow[]> {
  const { findLines } = await import('./explain.ts');
  const lineOf = findLines(loaded.file);
  return valuesOf(maskSecrets(loaded.config)).map(({ path, value }) => ({
    key: path,
    value,
    origin: originText(loaded, path, lineOf),
  }));
}

function valuesOf(config: Config): { path: string; value: JsonValue }[] {
  return allKeys.flatMap(({ path, items }) => {
    const value = getAt(config, path.split('.')) as JsonValue | undefined;
    if (value === undefined) return [];
    return [{ path, value: items && Array.isArray(value) ? value.map((item) => inOrder(item, items)) : value }];
  });
}

function inOrder(item: JsonValue, keys: ConfigKey[]): JsonObject {
  const ordered: JsonObject = {};
  for (const { path } of keys) {
    const value = getAt(item, path.split('.')) as JsonValue | undefined;
    if (value !== undefined) setAt(ordered, path, value);
  }
  return ordered;
}

function originText(
  { originOf, file }: LoadedConfig,
  path: string,
  lineOf: (path: string) => number | undefined,
): string {
  const origin = originOf(path);
  switch (origin.from) {
    case 'file':
      return `${file.path}:${lineOf(path) ?? 1}`;
    case 'environment':
      return `env ${origin.variable}`;
    default:
      return origin.from;
  }
}
