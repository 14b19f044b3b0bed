/** What makes one text of another, line by line: Myers' greedy search for the fewest changes. */
import type { Change } from './apply-hunks.ts';
import type { Line } from './text-file.ts';

/** Texts that differ in more lines than this are shown as wholly replaced between their common ends. */
const MOST_DIFFERENCES = 1000;

/** The changes that lead from `old` to `now`, in the order of the file, none touching another. */
export function changesBetween(old: readonly Line[], now: readonly Line[]): Change[] {
  const same = (a: Line | undefined, b: Line | undefined): boolean => a?.text === b?.text && a?.end === b?.end;
  let start = 0;
  while (start < Math.min(old.length, now.length) && same(old[start], now[start])) start++;
  let end = 0;
  const shortest = Math.min(old.length, now.length) - start;
  while (end < shortest && same(old[old.length - 1 - end], now[now.length - 1 - end])) end++;
  const from = old.slice(start, old.length - end);
  const to = now.slice(start, now.length - end);
  const kept = keptLines(from, to, same);
  return between(from, to, kept).map((change) => ({ ...change, at: change.at + start }));
}

/** Lines that both have, as pairs of indexes, in order. */
type Kept = [old: number, now: number][];

function keptLines(from: readonly Line[], to: readonly Line[], same: (a?: Line, b?: Line) => boolean): Kept {
  /** The furthest place in `from` on each diagonal, after so many differences. */
  const reached: Map<number, number>[] = [];
  let furthest = new Map([[1, 0]]);
  for (let differences = 0; differences <= MOST_DIFFERENCES; differences++) {
    const next = new Map<number, number>();
    for (let diagonal = -differences; diagonal <= differences; diagonal += 2) {
      const down = furthest.get(diagonal + 1) ?? -1;
      const right = (furthest.get(diagonal - 1) ?? -2) + 1;
      let x = Math.max(down, right);
      while (x < from.length && x - diagonal < to.length && same(from[x], to[x - diagonal])) x++;
      next.set(diagonal, x);
      if (x >= from.length && x - diagonal >= to.length) return walkBack([...reached, next], from.length, to.length);
    }
    reached.push(next);
    furthest = next;
  }
  return [];
}

/** The way that was gone, from its end. */
function walkBack(reached: readonly Map<number, number>[], x: number, y: number): Kept {
  const kept: Kept = [];
  for (let differences = reached.length - 1; differences >= 0; differences--) {
    const diagonal = x - y;
    const before = reached[differences - 1];
    const down = before?.get(diagonal + 1) ?? -1;
    const right = (before?.get(diagonal - 1) ?? -2) + 1;
    const begin = before === undefined ? 0 : Math.max(down, right);
    while (x > begin) kept.push([--x, --y]);
    if (before !== undefined) {
      if (down >= right) y--;
      else x--;
    }
  }
  return kept.toReversed();
}

function between(from: readonly Line[], to: readonly Line[], kept: Kept): Change[] {
  const changes: Change[] = [];
  let [x, y] = [0, 0];
  for (const [keptX, keptY] of [...kept, [from.length, to.length] as const]) {
    if (keptX > x || keptY > y) changes.push({ at: x, removed: from.slice(x, keptX), added: to.slice(y, keptY) });
    [x, y] = [keptX + 1, keptY + 1];
  }
  return changes;
}
