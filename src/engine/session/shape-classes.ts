/** Classes of characters, and runs of them. All are ASCII: any other character ends a run. */
export type CharClass = Uint8Array;

function classOf(...parts: string[]): CharClass {
  const table = new Uint8Array(128);
  for (const char of parts.join('')) table[char.charCodeAt(0)] = 1;
  return table;
}

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SPACES = ' \t\r\n';

export const DIGIT = classOf(DIGITS);
export const HEX = classOf(DIGITS, 'abcdefABCDEF');
export const SMALL_HEX = classOf(DIGITS, 'abcdef');
export const CAPITAL = classOf(DIGITS, UPPER);
export const ALNUM = classOf(DIGITS, LOWER, UPPER);
export const WORD = classOf(DIGITS, LOWER, UPPER, '_-');
export const DOTTED = classOf(DIGITS, LOWER, UPPER, '_-.');
export const WORD_OR_SLASH = classOf(DIGITS, LOWER, UPPER, '_-/');
export const BASE64 = classOf(DIGITS, LOWER, UPPER, '+/=');
/** RFC 9110, 11.2: what stands behind a scheme in `Authorization`. */
export const TOKEN68 = classOf(DIGITS, LOWER, UPPER, '-._~+/=');
/** What may stand between a name and its value, also where both are quoted. */
export const BETWEEN = classOf(SPACES, '"\'`:=,;|>\\');
/** All that may stand within a key in PEM, also where its line breaks are escaped, quoted or marked. */
export const IN_PEM = classOf(DIGITS, LOWER, UPPER, '+/=', SPACES, '\\"\'`|>,:-');

/** What may stand before the `@` of a URL: neither what ends it nor what quotes it. */
export const USERINFO: CharClass = new Uint8Array(128).fill(1, 0x21).map((is, code) => (is && '/?#@:"\'<>`[]{}\\'.includes(String.fromCharCode(code)) ? 0 : is)); // prettier-ignore

export const isIn = (table: CharClass, code: number): boolean => code < 128 && table[code] === 1;

/**
 * Ends of runs in one text. What was looked at is remembered for each class, so that many that begin in one run, as in
 * `sk-sk-sk-…`, are looked at once: all together cost the text's length.
 */
export class Runs {
  readonly #text: string;
  readonly #known = new Map<CharClass, { from: number; end: number }>();

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the run of a class that begins at a place ends; the place itself where there is none. */
  end(table: CharClass, from: number): number {
    const known = this.#known.get(table);
    if (known && known.from <= from && from <= known.end) return known.end;
    let end = from;
    while (end < this.#text.length && isIn(table, this.#text.charCodeAt(end))) end++;
    this.#known.set(table, { from, end });
    return end;
  }
}
