/** A configuration before it is validated: plain mappings as YAML gives them, whatever they hold. */
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { isSection } from './keys.ts';

/** Sets a value, making the sections on the way. What stands in the way is left: validation will name it. */
export function setAt(tree: JsonObject, path: string, value: JsonValue): void {
  const words = path.split('.');
  let section = tree;
  for (const word of words.slice(0, -1)) {
    const next = (section[word] ??= {});
    if (!isObject(next)) return;
    section = next;
  }
  section[words.at(-1)!] = value;
}

/** The value at a path of names and list positions; undefined when there is none. */
export function getAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let value = tree;
  for (const word of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, word)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[word];
  }
  return value;
}

/** A section all of whose keys are commented out reads as null: it counts as absent. */
export function dropEmptySections(tree: JsonObject, prefix = ''): void {
  for (const [name, value] of Object.entries(tree)) {
    const path = prefix + name;
    if (!isSection(path)) continue;
    if (value === null) delete tree[name];
    else if (isObject(value)) dropEmptySections(value, `${path}.`);
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
