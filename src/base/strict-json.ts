import type { JsonValue } from './json.ts';

/** What a strict parse gives: the value, or why the text is refused. */
export type StrictParse = { ok: true; value: JsonValue } | { ok: false; message: string };

/** Deeper than this is refused: canonical JSON and schema checks recurse. */
const MAX_DEPTH = 128;

/**
 * Parses JSON as I-JSON (RFC 7493) demands it, so that everyone who reads the text sees the same value: no duplicate
 * keys, no `__proto__`, no number that a double can't hold, no lone surrogate.
 */
export function parseStrictJson(text: string): StrictParse {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return { ok: false, message: `not valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const message = findUnsafe(text);
  return message === undefined ? { ok: true, value } : { ok: false, message };
}

/** Walks text that is known to be JSON: only strings, numbers and the nesting matter. */
function findUnsafe(text: string): string | undefined {
  const keys: (Set<string> | null)[] = []; // one a level: the keys of an object, null for an array
  let position = 0;
  while (position < text.length) {
    const char = text[position]!;
    if (char === '"') {
      const end = endOfString(text, position);
      const string = JSON.parse(text.slice(position, end)) as string;
      if (!string.isWellFormed()) return 'a string holds a lone surrogate';
      position = end;
      const open = keys.at(-1);
      if (open && isKey(text, end)) {
        if (string === '__proto__') return 'the key "__proto__" is not allowed';
        if (open.has(string)) return `the key ${JSON.stringify(string)} stands twice`;
        open.add(string);
      }
    } else if (char === '{' || char === '[') {
      keys.push(char === '{' ? new Set() : null);
      if (keys.length > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
      position++;
    } else if (char === '}' || char === ']') {
      keys.pop();
      position++;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      const [number] = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(text.slice(position, position + 400))!;
      const parsed = Number(number);
      if (!Number.isFinite(parsed)) return `the number ${number} is too large`;
      if (Number.isInteger(parsed) && !Number.isSafeInteger(parsed)) return `the number ${number} loses digits`;
      position += number.length;
    } else {
      position++;
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (text[position] !== '"') position += text[position] === '\\' ? 2 : 1;
  return position + 1;
}

/** In valid JSON only a key is followed by a colon. */
function isKey(text: string, end: number): boolean {
  let position = end;
  while (' \t\n\r'.includes(text[position]!)) position++;
  return text[position] === ':';
}
