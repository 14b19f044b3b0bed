/** Breaks styled text into lines that fit. */
import { displayWidth, graphemes, isNarrow } from '../width.ts';
import type { Span } from './style.ts';

const SPACE = 0x20;
/** Scripts without spaces between words: a line may break between two characters … */
const IDEOGRAPHIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303F\uFF01-\uFF60]/u;
/** … but not before these, and not after those. */
const NO_START = /^[、。，．・：；？！）］｝」』】〉》〕ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ…‥,.:;?!)\]}]/u;
const NO_END = /[（［｛「『【〈《〔([{]$/u;

type Range = [start: number, end: number];

/**
 * The lines of a text whose spaces are where it may break and whose `\n` are where it must. A word that is wider than a line
 * is broken between its characters. No line begins or ends with a space; an empty text has no lines.
 */
export function wrap(spans: readonly Span[], columns: number): Span[][] {
  const text = spans.length === 1 ? spans[0]!.text : spans.map((span) => span.text).join('');
  const ranges: Range[] = [];
  for (let start = 0; start <= text.length;) {
    const next = text.indexOf('\n', start);
    const end = next === -1 ? text.length : next;
    const before = ranges.length;
    if (isNarrow(text.slice(start, end))) wrapNarrow(text, start, end, columns, ranges);
    else wrapParagraph(text, start, end, columns, ranges);
    // A line that must be is there even when it is empty, except as the end.
    if (ranges.length === before && end < text.length) ranges.push([start, start]);
    start = end + 1;
  }
  return slices(spans, ranges);
}

/** Every line filled to the last column, spaces kept: for code. The empty text is one line. */
export function fill(spans: readonly Span[], columns: number): Span[][] {
  const text = spans.length === 1 ? spans[0]!.text : spans.map((span) => span.text).join('');
  if (text === '') return [[]];
  const pieces: Range[] = [];
  if (displayWidth(text) <= columns) pieces.push([0, text.length]);
  else breakWord(text, 0, text.length, columns, columns, pieces);
  return slices(spans, pieces);
}

/** Where each character takes one column, nobody need look at single words. */
function wrapNarrow(text: string, start: number, end: number, columns: number, ranges: Range[]): void {
  for (let at = start; ;) {
    while (at < end && text.charCodeAt(at) === SPACE) at++;
    if (at === end) return;
    const most = at + columns;
    const space = most < end ? text.lastIndexOf(' ', most) : end;
    const next = space > at ? space : most;
    let lineEnd = next;
    while (text.charCodeAt(lineEnd - 1) === SPACE) lineEnd--;
    ranges.push([at, lineEnd]);
    at = next;
  }
}

function wrapParagraph(text: string, start: number, end: number, columns: number, ranges: Range[]): void {
  let lineStart = start;
  let lineEnd = start;
  let used = 0;
  /** The line has a word; that may be without any width. */
  let open = false;
  for (let at = start; at < end;) {
    if (text.charCodeAt(at) === SPACE) {
      at++;
      continue;
    }
    const space = text.indexOf(' ', at);
    const wordEnd = space === -1 || space > end ? end : space;
    const width = displayWidth(text.slice(at, wordEnd));
    const gap = open ? at - lineEnd : 0;
    if (used + gap + width <= columns) {
      if (!open) lineStart = at;
      open = true;
      used += gap + width;
      lineEnd = wordEnd;
      at = wordEnd;
      continue;
    }
    const word = text.slice(at, wordEnd);
    const flows = IDEOGRAPHIC.test(word);
    if (open && !(flows && used + gap + 2 <= columns)) {
      ranges.push([lineStart, lineEnd]);
      used = 0;
      open = false;
      continue;
    }
    // Too wide for a line of its own, or of a script that breaks anywhere.
    const pieces: Range[] = [];
    const room = columns - used - gap;
    breakWord(text, at, wordEnd, room, columns, pieces, flows);
    const [first] = pieces;
    if (open && first !== undefined) {
      if (first[1] > first[0]) lineEnd = first[1];
      ranges.push([lineStart, lineEnd]);
      pieces.shift();
    }
    const last = pieces.pop();
    ranges.push(...pieces);
    used = 0;
    open = last !== undefined;
    if (last !== undefined) {
      [lineStart, lineEnd] = last;
      used = displayWidth(text.slice(lineStart, lineEnd));
    }
    at = wordEnd;
  }
  if (open) ranges.push([lineStart, lineEnd]);
}

/** Cuts between characters: the first piece takes `room` columns (perhaps none), the others `columns`. */
function breakWord(
  text: string,
  start: number,
  end: number,
  room: number,
  columns: number,
  pieces: Range[],
  flows = false,
): void {
  const word = text.slice(start, end);
  if (isNarrow(word)) {
    let at = start;
    for (let size = room; at < end; size = columns) {
      pieces.push([at, Math.min(end, at + size)]);
      at += size;
    }
    return;
  }
  let pieceStart = start;
  let at = start;
  let left = room;
  /** The last place where a piece may end, and the width from there on. */
  let allowed = start;
  let sinceAllowed = 0;
  let previous = '';
  for (const character of graphemes(word)) {
    const width = displayWidth(character);
    if (!flows || mayBreak(previous, character)) {
      allowed = at;
      sinceAllowed = 0;
    }
    if (width > left && (at > pieceStart || pieces.length === 0)) {
      const held = allowed > pieceStart || (allowed === pieceStart && pieces.length === 0 && room < columns);
      const cut = held ? allowed : at;
      pieces.push([pieceStart, cut]);
      pieceStart = cut;
      left = columns - (held ? sinceAllowed : 0);
      if (width > left) {
        if (at > pieceStart) pieces.push([pieceStart, at]);
        pieceStart = at;
        left = columns;
      }
    }
    left -= width;
    sinceAllowed += width;
    at += character.length;
    previous = character;
  }
  if (at > pieceStart) pieces.push([pieceStart, at]);
}

function mayBreak(previous: string, next: string): boolean {
  if (previous === '') return true;
  if (NO_START.test(next) || NO_END.test(previous)) return false;
  return IDEOGRAPHIC.test(previous) || IDEOGRAPHIC.test(next);
}

function slices(spans: readonly Span[], ranges: readonly Range[]): Span[][] {
  const lines: Span[][] = [];
  let index = 0;
  let offset = 0;
  for (const [start, end] of ranges) {
    const line: Span[] = [];
    for (; index < spans.length; index++) {
      const span = spans[index]!;
      const spanEnd = offset + span.text.length;
      if (offset >= end) break;
      if (spanEnd > start) {
        const text = span.text.slice(Math.max(0, start - offset), end - offset);
        if (text !== '') line.push({ ...span, text });
      }
      if (spanEnd > end) break;
      offset = spanEnd;
    }
    lines.push(line);
  }
  return lines;
}
