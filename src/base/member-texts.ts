import { canonicalJson } from './canonical-json.ts';
import type { JsonObject } from './json.ts';

/**
 * These members of an object as texts: a text as it stands, any other value as canonical JSON, null where there is none. Those
 * that are longer than `longest` are left out.
 */
export function memberTexts(
  object: JsonObject,
  names: readonly string[],
  longest: number,
): Record<string, string | null> {
  const texts = names.flatMap((name): [string, string | null][] => {
    const value = Object.hasOwn(object, name) ? object[name]! : null;
    const text = value === null || typeof value === 'string' ? value : canonicalJson(value);
    return text !== null && text.length > longest ? [] : [[name, text]];
  });
  return Object.fromEntries(texts);
}
