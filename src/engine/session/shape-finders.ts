/** How a shape is found where its anchor stands: the words that the table of shapes is written in. */
import { ALNUM, type CharClass, DIGIT, HEX, isIn, type Runs } from './shape-classes.ts';

/** Where an anchor stands in a text; `isEnd`: nothing more comes behind. */
export interface Place {
  text: string;
  at: number;
  /** Behind the anchor. */
  after: number;
  runs: Runs;
  isEnd: boolean;
}

export interface Found {
  /** What is replaced. */
  from: number;
  to: number;
  /** Further, behind it. */
  also?: { from: number; to: number };
  /** It goes on for as long as such characters come, however many. */
  onward?: CharClass | 'pem';
}

/** `more`: what comes next decides. Only so much may be waited for as `MOST_HELD` says. */
export type Find = (place: Place) => Found | 'more' | undefined;

export interface Shape {
  /** Stands in the placeholder. */
  name: string;
  anchors: readonly string[];
  find: Find;
}

/** So many characters are held back at most, until it is known what they are. */
export const MOST_HELD = 4096;

interface Body {
  least: number;
  /** A longer run is none of these. */
  most?: number;
  /** So many characters are looked at for what else must be; by default the least. */
  look?: number;
  /** So many digits at least. */
  digits?: number;
}

/** Fewer different characters are a pattern, as in `ghp_xxxxxxxxxxxx`. */
const LEAST_DIFFERENT = 6;

/** A word that begins with the anchor and goes on with such characters. */
export function token(table: CharClass, body: Body): Find {
  return (place) => (beginsWord(place.text, place.at) ? bodyOf(place, place.at, table, body) : undefined);
}

/** What stands behind the anchor, which itself is no secret. */
export function behind(table: CharClass, body: Body): Find {
  return (place) => bodyOf(place, place.after, table, body);
}

export function bodyOf(
  { text, after, runs, isEnd }: Pick<Place, 'text' | 'after' | 'runs' | 'isEnd'>,
  from: number,
  table: CharClass,
  { least, most, look = least, digits = 0 }: Body,
): Found | 'more' | undefined {
  const end = runs.end(table, after);
  const length = end - after;
  if (end === text.length && !isEnd && length <= (most ?? look)) return 'more';
  if (length < least || (most !== undefined && length > most)) return undefined;
  if (!isRandom(text.slice(after, Math.min(end, after + (most ?? look))), digits)) return undefined;
  return most === undefined ? { from, to: end, onward: table } : { from, to: end };
}

export function isRandom(value: string, digits: number): boolean {
  if (value.includes('EXAMPLE')) return false;
  let found = 0;
  for (let index = 0; index < value.length; index++) if (isIn(DIGIT, value.charCodeAt(index))) found++;
  return found >= digits && new Set(value).size >= LEAST_DIFFERENT;
}

/** No letter or digit stands before; but for the end of an escape, as in `\n` and `%3D`. */
export function beginsWord(text: string, at: number): boolean {
  if (at === 0 || !isIn(ALNUM, text.charCodeAt(at - 1))) return true;
  if (text[at - 2] === '\\') return 'nrt'.includes(text[at - 1]!);
  return text[at - 3] === '%' && isIn(HEX, text.charCodeAt(at - 2)) && isIn(HEX, text.charCodeAt(at - 1));
}
