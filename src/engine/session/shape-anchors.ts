/**
 * Where the anchors of shapes stand in a text. Each is told by its first characters, several together in one word of bits: as
 * many as there are they are looked for in one pass, of some steps a character. (One regular expression of them all is
 * ten times as slow.)
 */
import { SHAPES } from './shapes.ts';
import type { Shape } from './shape-finders.ts';

/** An anchor, and its shape. */
export type Anchored = readonly [anchor: string, shape: Shape];

/** The longest first: of several that begin alike it is tried first. */
const all: Anchored[] = SHAPES.flatMap((shape) => shape.anchors.map((anchor) => [anchor, shape] as const)).sort(
  ([a], [b]) => b.length - a.length,
);

/** Anchors by their first character. */
const byFirst = new Map<number, Anchored[]>();
for (const one of all) {
  const first = one[0].charCodeAt(0);
  byFirst.set(first, [...(byFirst.get(first) ?? []), one]);
}

/** So many characters tell whether an anchor may stand there. */
const TOLD = 5;
const BITS = 31;

/** For each of those places: the bits of the anchors that have a character there, or end before. */
const MASKS = Array.from({ length: TOLD }, () => new Int32Array(128));
for (const [index, anchored] of [...byFirst.values()].entries()) {
  const bit = 1 << (index % BITS);
  for (const [anchor] of anchored) {
    for (const [place, mask] of MASKS.entries()) {
      if (place < anchor.length) mask[anchor.charCodeAt(place)]! |= bit;
      else for (let code = 0; code < 128; code++) mask[code]! |= bit;
    }
  }
}
const [M0, M1, M2, M3, M4] = MASKS as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

/** All that an anchor may begin with, and be more. */
const BEGINNINGS = new Set(all.flatMap(([anchor]) => Array.from(anchor, (_, length) => anchor.slice(0, length))));
const LONGEST = all[0]![0].length;

/** The anchors that stand at a place. */
export function anchorsAt(text: string, at: number): Anchored[] {
  return byFirst.get(text.charCodeAt(at))?.filter(([anchor]) => text.startsWith(anchor, at)) ?? [];
}

/** The next place at which an anchor stands; the text's length where there is none. */
export function nextAnchor(text: string, from: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) {
      // An anchor of few characters may stand before it.
      if ((s0 | s1 | s2 | s3) !== 0) {
        const found = firstOf(text, Math.max(from, at - TOLD + 1), at);
        if (found < at) return found;
      }
      s0 = s1 = s2 = s3 = 0;
      continue;
    }
    const s4 = s3 & M4[code]!;
    s3 = s2 & M3[code]!;
    s2 = s1 & M2[code]!;
    s1 = s0 & M1[code]!;
    s0 = M0[code]!;
    if (s4 !== 0 && anchorsAt(text, at - TOLD + 1).length > 0) return at - TOLD + 1;
  }
  return firstOf(text, Math.max(from, text.length - TOLD + 1), text.length);
}

function firstOf(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) if (anchorsAt(text, at).length > 0) return at;
  return to;
}

/** How many characters at the end may be the beginning of an anchor. */
export function longestBeginning(text: string, from: number): number {
  for (let length = Math.min(LONGEST - 1, text.length - from); length > 0; length--) {
    if (BEGINNINGS.has(text.slice(text.length - length))) return length;
  }
  return 0;
}
