/**
 * Values that are to go, and what stands in their place: in each spelling (`session/spellings.ts`), of the same number of
 * bytes, as the rules count lengths. The placeholder of a spelling is the same everywhere, so that what was repeated is
 * still seen to repeat, and follows from the value by a key that is drawn for each redaction and kept nowhere.
 */
import { keyedHash } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { spellingsOf } from '../session/spellings.ts';

export interface Substitution {
  text(text: string): string;
  /** Of any bytes, as many as they were. The same ones when nothing in them had to be replaced. */
  bytes(bytes: Uint8Array): Uint8Array;
  count(bytes: Uint8Array): number;
  /** The longest spelling (bytes): who reads a file in pieces lets them overlap by that. */
  longest: number;
}

/** A shorter one would stand in ordinary words. */
export const SHORTEST_VALUE = 6;
const TAG_DIGITS = 4;
const BEGIN = '[redacted #';
const NAMED_BYTES = BEGIN.length + TAG_DIGITS + 1;

/** @throws RuntimeError usage, when there is no value, or one is too short; never says it */
export function createSubstitution(values: readonly string[], key: string): Substitution {
  if (values.length === 0) {
    throw new RuntimeError('usage', 'There is no value to take out.', {
      next: 'Type it, or pipe it in, one a line: runtime session redact <id> < file',
    });
  }
  if (values.some((value) => value.trim().length < SHORTEST_VALUE)) {
    const message = `A value is shorter than ${SHORTEST_VALUE} characters: it would be found in ordinary words.`;
    throw new RuntimeError('usage', message, { next: 'Give more of the text around it.' });
  }
  const keyed = keyedHash(key);
  const standIn = (spelling: string): string => {
    const bytes = Buffer.byteLength(spelling);
    const tag = keyed(spelling).slice(0, TAG_DIGITS);
    return bytes < NAMED_BYTES ? tag.padStart(bytes, '*') : `${BEGIN}${tag}${'*'.repeat(bytes - NAMED_BYTES)}]`;
  };
  const spellings = [...new Set(values.flatMap(spellingsOf))];
  const inText = patternOf(spellings);
  /** A byte is a character there. */
  const inBytes = patternOf(spellings.map((spelling) => latin1(Buffer.from(spelling))));

  return {
    text: (text) => replaceAll(text, inText, standIn),
    bytes(bytes) {
      const text = latin1(bytes);
      const next = replaceAll(text, inBytes, (found) => standIn(Buffer.from(found, 'latin1').toString()));
      return next === text ? bytes : Buffer.from(next, 'latin1');
    },
    count: (bytes) => [...rangesIn(latin1(bytes), inBytes)].length,
    longest: Math.max(...spellings.map((spelling) => Buffer.byteLength(spelling))),
  };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Of several that match at a place the longest is taken: it stands first. */
function patternOf(spellings: readonly string[]): RegExp {
  const all = spellings.toSorted((a, b) => b.length - a.length);
  return new RegExp(all.map((spelling) => RegExp.escape(spelling)).join('|'), 'g');
}

function replaceAll(text: string, pattern: RegExp, standIn: (found: string) => string): string {
  let next = '';
  let done = 0;
  for (const { from, to } of rangesIn(text, pattern)) {
    next += text.slice(done, from) + standIn(text.slice(from, to));
    done = to;
  }
  return done === 0 ? text : next + text.slice(done);
}

/** Where it stands. Values that overlap, also one with itself, are one place: else the end of the second were left. */
function* rangesIn(text: string, pattern: RegExp): Generator<{ from: number; to: number }> {
  let range: { from: number; to: number } | undefined;
  pattern.lastIndex = 0;
  for (let match; (match = pattern.exec(text)) !== null; pattern.lastIndex = match.index + 1) {
    const found = { from: match.index, to: match.index + match[0].length };
    if (range && found.from < range.to) range.to = Math.max(range.to, found.to);
    else {
      if (range) yield range;
      range = found;
    }
  }
  if (range) yield range;
}
