/**
 * A list that stays sorted. Adding, removing and telling a place are quick however long it is: its items lie in pieces,
 * so that no more than one piece is moved. Plain data, since there may be one for each of very many sessions.
 */

export interface SortedList<T> {
  /** Below 0: the first one goes before. Never 0 for two different items. */
  readonly compare: (one: T, other: T) => number;
  /** None is empty. */
  readonly pieces: T[][];
}

const LONGEST_PIECE = 512;

export function sortedList<T>(compare: (one: T, other: T) => number): SortedList<T> {
  return { compare, pieces: [] };
}

export function insert<T>(list: SortedList<T>, item: T): void {
  const { pieces } = list;
  const at = Math.min(pieceFor(list, item), pieces.length - 1);
  const piece = pieces[at];
  if (piece === undefined) return void pieces.push([item]);
  piece.splice(placeIn(list, piece, item), 0, item);
  if (piece.length > LONGEST_PIECE) pieces.splice(at + 1, 0, piece.splice(LONGEST_PIECE / 2));
}

/** Nothing when it isn't there. */
export function remove<T>(list: SortedList<T>, item: T): void {
  const { pieces } = list;
  const at = pieceFor(list, item);
  const piece = pieces[at];
  if (piece === undefined) return;
  const place = placeIn(list, piece, item);
  if (piece[place] !== item) return;
  piece.splice(place, 1);
  if (piece.length === 0) pieces.splice(at, 1);
}

/** How many go before an item, be it in the list or not. */
export function countBefore<T>(list: SortedList<T>, item: T): number {
  const { pieces } = list;
  const at = pieceFor(list, item);
  let count = 0;
  for (let before = 0; before < at; before++) count += pieces[before]!.length;
  const piece = pieces[at];
  return piece === undefined ? count : count + placeIn(list, piece, item);
}

export function firstOf<T>({ pieces }: SortedList<T>): T | undefined {
  return pieces[0]?.[0];
}

export function lastOf<T>({ pieces }: SortedList<T>): T | undefined {
  return pieces.at(-1)?.at(-1);
}

export function allOf<T>({ pieces }: SortedList<T>): T[] {
  return pieces.flat();
}

/** The first piece whose last item doesn't go before this one. */
function pieceFor<T>({ compare, pieces }: SortedList<T>, item: T): number {
  return firstWhere(pieces.length, (at) => compare(pieces[at]!.at(-1)!, item) >= 0);
}

function placeIn<T>({ compare }: SortedList<T>, piece: T[], item: T): number {
  return firstWhere(piece.length, (at) => compare(piece[at]!, item) >= 0);
}

/** The first number below `end` for which something holds that holds for all after it, too; `end`: for none. */
function firstWhere(end: number, holds: (at: number) => boolean): number {
  let [from, to] = [0, end];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
