/**
 * Where the rows of a line begin. Rows break behind blanks; a blank that doesn't fit hangs over, as a row has a spare column
 * for the cursor. A word that is too long is broken where the row is full.
 *
 * Long lines are laid out as far as somebody looks, and remembered: after an edit only the rows around it are laid out anew.
 */
import { characterWidth, nextBoundary } from './graphemes.ts';
import { isAtom, type Pastes } from './pastes.ts';
import { displayWidth, truncate } from '../width.ts';

export interface Layout {
  /** Columns for text. */
  readonly columns: number;
  readonly pastes: Pastes;
}

const TAB = '    ';
const LONG_LINE = 500;
/** How far behind the place that somebody looks at a long line is laid out: more than a screenful. */
const BEYOND = 10_000;
const REMEMBERED_LINES = 8;
/** Farther than any character reaches. */
const LOOK_AHEAD = 128;

/** Offsets at which a line's rows begin; the first is 0. The last row's end is unknown unless they are `complete`. */
export interface Rows {
  readonly starts: readonly number[];
  readonly complete: boolean;
}

interface Remembered extends Rows {
  readonly line: string;
  readonly columns: number;
  readonly pastes: Pastes['byAtom'];
}

let remembered: readonly Remembered[] = [];

/** The rows of the line; of a long one, those up to well behind `offset`. */
export function rowsOf(line: string, offset: number, layout: Layout): Rows {
  if (line.length < LONG_LINE) return lay(line, layout, [0], () => false);
  const { columns, pastes } = layout;
  const similar = remembered.filter((known) => known.columns === columns && known.pastes === pastes.byAtom);
  const old =
    similar.find((known) => known.line === line) ??
    similar.find((known) => Math.abs(known.line.length - line.length) < known.line.length / 2);
  const reaches = (rows: Rows): boolean => rows.complete || rows.starts.at(-1)! > offset + BEYOND / 2;
  if (old?.line === line && reaches(old)) return old;
  const far = (start: number): boolean => start > offset + BEYOND;
  let rows = old === undefined ? lay(line, layout, [0], far) : layAgain(line, layout, old, far);
  if (!reaches(rows)) rows = lay(line, layout, [...rows.starts], far);
  const latest = { line, columns, pastes: pastes.byAtom, ...rows };
  remembered = [latest, ...remembered.filter((known) => known !== old).slice(0, REMEMBERED_LINES - 1)];
  return rows;
}

/** How the character from `start` to `end` is shown. */
export function shownCharacter(line: string, start: number, end: number, { columns, pastes }: Layout): string {
  const character = line.slice(start, end);
  if (character === '\t') return TAB;
  return isAtom(character) ? truncate(pastes.byAtom.get(character)?.label ?? '', columns) : character;
}

/** Columns that it takes. */
export function shownWidth(line: string, start: number, end: number, layout: Layout): number {
  const first = line[start]!;
  if (end - start > 1 || (first !== '\t' && !isAtom(first))) return characterWidth(line, start, end);
  return Math.min(layout.columns, displayWidth(shownCharacter(line, start, end, layout)));
}

/** Lays out what comes behind the last of the starts. `stop`: asked at each new start, ends it. */
function lay(line: string, layout: Layout, starts: number[], stop: (start: number) => boolean): Rows {
  let start = starts.at(-1)!;
  let used = 0;
  /** Behind the row's last blank. */
  let behindBlank = start;
  for (let at = start, next; at < line.length; at = next) {
    next = nextBoundary(line, at);
    const width = shownWidth(line, at, next, layout);
    if (used + width <= layout.columns || at === start) {
      used += width;
      if (line[at] === ' ' || line[at] === '\t') behindBlank = next;
      continue;
    }
    const hangs = line[at] === ' ' && next < line.length;
    start = hangs ? next : line[at] !== ' ' && behindBlank > start ? behindBlank : at;
    starts.push(start);
    if (stop(start)) return { starts, complete: false };
    used = 0;
    behindBlank = start;
    next = start;
  }
  return { starts, complete: true };
}

function layAgain(line: string, layout: Layout, old: Remembered, far: (start: number) => boolean): Rows {
  const before = commonLength(line, old.line, (text, length) => text.slice(0, length));
  const limit = Math.min(line.length, old.line.length) - before;
  const after = Math.min(
    limit,
    commonLength(line, old.line, (text, length) => text.slice(text.length - length)),
  );
  // A row's start depends on no more than the row behind it.
  const starts = old.starts.filter((_, index) => (old.starts[index + 1] ?? Infinity) + LOOK_AHEAD <= before);
  if (starts.length === 0) starts.push(0);
  const grown = line.length - old.line.length;
  let index = 0;
  let rest: readonly number[] | undefined;
  const rows = lay(line, layout, starts, (start) => {
    if (start >= line.length - after) {
      while (index < old.starts.length && old.starts[index]! + grown < start) index++;
      if (old.starts[index]! + grown === start) rest = old.starts.slice(index + 1).map((known) => known + grown);
    }
    return rest !== undefined || far(start);
  });
  return rest === undefined ? rows : { starts: starts.concat(rest), complete: old.complete };
}

/** How much of both texts is the same, by halves: comparing slices is quick. */
function commonLength(a: string, b: string, part: (text: string, length: number) => string): number {
  let low = 0;
  let high = Math.min(a.length, b.length);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (part(a, middle) === part(b, middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
