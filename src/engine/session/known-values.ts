/**
 * Finds known texts in another one, from left to right, of several at a place the longest. Line ends in either don't count: a
 * value that stands in lines (`base64`, `xxd -p`) is found wherever these end. Of every text's first characters the last three
 * tell how far the next one can't be (after Wu and Manber), so that most characters aren't looked at, however many texts are known.
 */
export interface Found {
  name: string;
  from: number;
  to: number;
}

export interface KnownValues {
  /**
   * What stands in the text. Where more of it may come (`!whole`), only up to where something may begin that isn't decided yet:
   * `until` there, and the end of the text else.
   */
  find(text: string, whole: boolean): { found: Found[]; until: number };
}

/** No known text may be shorter, in one line. */
export const SHORTEST = 8;
const BLOCK = 3;
const LAST_BLOCK = SHORTEST - BLOCK;
const HASHES = 1 << 16;

/** Two line ends, as of Windows. More are kept, so that what has to be waited for has an end. */
const LINE_ENDS = /(?<![\r\n])[\r\n]{1,4}(?![\r\n])/g;

/** As a known text is looked for. */
export function inOneLine(value: string): string {
  return value.replace(/^[\r\n]+|[\r\n]+$/g, '').replace(LINE_ENDS, '');
}

interface Known {
  name: string;
  value: string;
}

/** @param values of at least SHORTEST characters in one line */
export function createKnownValues(values: readonly Known[]): KnownValues {
  const known = values
    .map(({ name, value }) => ({ name, value: inOneLine(value) }))
    .sort((a, b) => b.value.length - a.value.length);
  const skips = new Uint8Array(HASHES).fill(LAST_BLOCK + 1);
  const alike = new Map<number, Known[]>();
  const beginnings = new Set<string>();
  const longest = known[0]?.value.length ?? 0;
  for (const one of known) {
    for (let at = 0; at < LAST_BLOCK; at++) {
      const hash = hashAt(one.value, at);
      skips[hash] = Math.min(skips[hash]!, LAST_BLOCK - at);
    }
    const last = hashAt(one.value, LAST_BLOCK);
    skips[last] = 0;
    alike.set(last, [...(alike.get(last) ?? []), one]);
    for (let length = 1; length < SHORTEST; length++) beginnings.add(one.value.slice(0, length));
  }

  /** The longest that stands here; `open`, where one may stand here that goes on behind the text. */
  const foundAt = (text: string, at: number, whole: boolean): Known | 'open' | undefined => {
    const rest = !whole && text.length - at < longest ? text.slice(at) : undefined;
    for (const one of alike.get(hashAt(text, at + LAST_BLOCK))!) {
      if (text.startsWith(one.value, at)) return one;
      if (rest !== undefined && one.value.startsWith(rest)) return 'open';
    }
    return undefined;
  };

  const findJoined = (text: string, whole: boolean): { found: Found[]; until: number } => {
    const found: Found[] = [];
    let at = 0;
    while (at + SHORTEST <= text.length) {
      const skip = skips[hashAt(text, at + LAST_BLOCK)]!;
      const here = skip === 0 ? foundAt(text, at, whole) : undefined;
      if (here === 'open') return { found, until: at };
      if (here !== undefined) found.push({ name: here.name, from: at, to: (at += here.value.length) });
      else at += skip || 1;
    }
    // Too short for a whole one.
    while (!whole && at < text.length && !beginnings.has(text.slice(at))) at++;
    return { found, until: whole ? text.length : at };
  };

  return {
    find(text, whole) {
      const joined = text.replace(LINE_ENDS, '');
      const { found, until } = findJoined(joined, whole);
      if (joined.length === text.length) return { found, until };
      const place = placesIn(text);
      const placed = found.map(({ name, from, to }) => ({ name, from: place(from), to: place(to - 1) + 1 }));
      return { found: placed, until: until === joined.length ? text.length : place(until) };
    },
  };
}

function hashAt(text: string, at: number): number {
  const [a, b, c] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)];
  return (Math.imul(a, 2531) ^ Math.imul(b, 67) ^ c) & (HASHES - 1);
}

/** Where a character of the joined text stands in the text itself; to be asked from left to right. */
function placesIn(text: string): (joined: number) => number {
  const lineEnds = text.matchAll(LINE_ENDS);
  let next = lineEnds.next();
  let skipped = 0;
  return (joined) => {
    for (; !next.done && next.value.index - skipped <= joined; next = lineEnds.next()) skipped += next.value[0].length;
    return joined + skipped;
  };
}
