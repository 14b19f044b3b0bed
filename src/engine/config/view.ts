/** The configuration as people look at it: no secrets, and of each value where it came from. */
import type { JsonValue } from '../../base/json.ts';
import type { LoadedConfig } from './load.ts';
import { allKeys } from './keys.ts';
import { maskSecrets } from './secrets.ts';
import { getAt } from './tree.ts';

export interface ConfigRow {
  key: string;
  value: JsonValue;
  /** `default`, `<file>:<line>`, `env <variable>` or `flag`. */
  origin: string;
}

/** Each key that has a value, in the schema's order. */
export async function configRows(loaded: LoadedConfig): Promise<ConfigRow[]> {
  const masked = maskSecrets(loaded.config);
  const { findLines } = await import('./explain.ts');
  const lineOf = findLines(loaded.file);
  return allKeys.flatMap(({ path }): ConfigRow[] => {
    const value = getAt(masked, path.split('.')) as JsonValue | undefined;
    return value === undefined ? [] : [{ key: path, value, origin: originText(loaded, path, lineOf) }];
  });
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
