/**
 * Characters as people count them, found near a place without looking at the whole text. Most characters stand alone:
 * only near the others is Intl.Segmenter asked. The simple ones join with nothing but complex ones behind them.
 */
import { displayWidth, SIMPLE } from '../width.ts';

/** Hangul syllables and pictures join with complex characters before them, too. */
const JOINING = /[\uac00-\ud7a3]|\p{Extended_Pictographic}/u;
/** These join with nothing: line feed, tab, and lone surrogates, which stand for pastes. */
const SEPARATE = /[\n\t\udc00-\udfff]/;

const UNKNOWN = 0;
const IS_SIMPLE = 1;
const IS_JOINING = 2;
const IS_SEPARATE = 3;
const IS_COMPLEX = 4;

/** By UTF-16 unit, filled as they are met. */
const classes = new Uint8Array(0x10000);
/** Columns and one. */
const widths = new Uint8Array(0x10000);

const FIRST_WINDOW = 32;
/** Nothing that people write is longer without a simple character. */
const LONGEST_LOOK_BACK = 512;

let segmenter: Intl.Segmenter | undefined;

/** The end of the character that begins at `at`. */
export function nextBoundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const first = classAt(text, at);
  if (first === IS_SEPARATE) return at + 1;
  if (first !== IS_COMPLEX && (at + 1 === text.length || classAt(text, at + 1) !== IS_COMPLEX)) return at + 1;
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (let window = FIRST_WINDOW; ; window *= 8) {
    const piece = text.slice(at, at + window);
    const { segment } = segmenter.segment(piece).containing(0)!;
    if (segment.length < piece.length || at + window >= text.length) return at + segment.length;
  }
}

/** The start of the character that ends at `at`. */
export function previousBoundary(text: string, at: number): number {
  if (at <= 1) return 0;
  let start = at - 1;
  const farthest = Math.max(0, at - LONGEST_LOOK_BACK);
  while (start > farthest && joinsBack(text, start)) start--;
  for (;;) {
    const end = nextBoundary(text, start);
    if (end >= at) return start;
    start = end;
  }
}

/** The boundary at `at`, or the next one when that is inside of a character. */
export function snap(text: string, at: number): number {
  if (at >= text.length || at <= 0) return Math.min(Math.max(0, at), text.length);
  if (!joinsBack(text, at)) return at;
  const start = previousBoundary(text, at + 1);
  return start === at ? at : nextBoundary(text, start);
}

/** Columns of the character from `start` to `end`. */
export function characterWidth(text: string, start: number, end: number): number {
  if (end - start > 1) return displayWidth(text.slice(start, end));
  const code = text.charCodeAt(start);
  if (widths[code] === UNKNOWN) widths[code] = displayWidth(text[start]!) + 1;
  return widths[code]! - 1;
}

/** May the unit at `at` be part of a character that began before it? */
function joinsBack(text: string, at: number): boolean {
  const found = classAt(text, at);
  return found === IS_COMPLEX || (found === IS_JOINING && at > 0 && classAt(text, at - 1) === IS_COMPLEX);
}

/** A surrogate pair's halves are both complex. */
function classAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0xdc00 && code <= 0xdfff && at > 0 && isHighSurrogate(text.charCodeAt(at - 1))) return IS_COMPLEX;
  if (classes[code] === UNKNOWN) classes[code] = classOf(String.fromCharCode(code));
  return classes[code]!;
}

function classOf(unit: string): number {
  if (JOINING.test(unit)) return IS_JOINING;
  if (SIMPLE.test(unit)) return IS_SIMPLE;
  return SEPARATE.test(unit) ? IS_SEPARATE : IS_COMPLEX;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
