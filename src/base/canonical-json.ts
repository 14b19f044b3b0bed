import canonicalize from 'canonicalize';

/**
 * The canonical text of a JSON value (RFC 8785), the form over which values are digested.
 * @throws TypeError when the value has no JSON form (undefined, a function, a non-finite number).
 */
export function canonicalJson(value: unknown): string {
  // Most values are plain, and then the engine's own writer is several times as quick. It says the same, but for a lone
  // surrogate: that is escaped, where the canonical form has none.
  const plain = sortedValue(value);
  const text = plain === NOT_PLAIN ? undefined : JSON.stringify(plain);
  if (text !== undefined && !(text.includes('\\ud') && LONE_SURROGATE.test(text))) return text;
  const careful = canonicalize(value);
  if (careful === undefined) throw new TypeError('The value has no JSON form.');
  return careful;
}

const LONE_SURROGATE = /\\ud[89a-f]/;
const NOT_PLAIN = Symbol('not plain');
/** Deeper values are left to the library, which needs no stack. */
const DEEPEST = 64;

/** The value with its keys in order, itself where they are; NOT_PLAIN where that alone doesn't make it canonical. */
function sortedValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : NOT_PLAIN;
  if (typeof value !== 'object' || depth === DEEPEST) return NOT_PLAIN;
  return Array.isArray(value) ? sortedArray(value, depth) : sortedObject(value, depth);
}

function sortedArray(list: readonly unknown[], depth: number): unknown {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = sortedValue(list[index], depth + 1);
    if (item === NOT_PLAIN) return NOT_PLAIN;
    if (item !== list[index]) (copy ??= [...list])[index] = item;
  }
  return copy ?? list;
}

function sortedObject(object: object, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return NOT_PLAIN;
  const members = object as Record<string, unknown>;
  const keys = Object.keys(members);
  let inOrder = true;
  for (let index = 1; index < keys.length && inOrder; index++) inOrder = keys[index - 1]! < keys[index]!;
  if (!inOrder) keys.sort();
  let copy: Record<string, unknown> | undefined = inOrder ? undefined : {};
  for (const key of keys) {
    if (isOdd(key)) return NOT_PLAIN;
    const value = members[key];
    const sorted = value === undefined ? undefined : sortedValue(value, depth + 1);
    if (sorted === NOT_PLAIN) return NOT_PLAIN;
    if (copy === undefined && sorted !== value) copy = { ...members };
    if (copy !== undefined) copy[key] = sorted;
  }
  return copy ?? object;
}

/** Objects keep keys that are numbers in an order of their own, and take these two for something else. */
function isOdd(key: string): boolean {
  const first = key.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39) || key === '__proto__' || key === 'toJSON';
}
