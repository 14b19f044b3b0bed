/** What two sequences have in common, in order, and what only one of them has. */

export interface Run {
  /** `a`, `b`: only there. */
  in: 'both' | 'a' | 'b';
  items: string[];
}

/** Above so many comparisons no common items are looked for between the first and the last difference. */
const MOST_COMPARISONS = 4_000_000;

/** The runs of a longest common subsequence; where both differ at a place, what is in `a` comes first. */
export function diffSequences(a: readonly string[], b: readonly string[]): Run[] {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < most - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const runs: Run[] = [];
  const add = (where: Run['in'], items: readonly string[]): void => {
    const last = runs.at(-1);
    if (items.length === 0) return;
    if (last?.in === where) last.items.push(...items);
    else runs.push({ in: where, items: [...items] });
  };
  add('both', a.slice(0, head));
  for (const run of diffMiddle(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) add(run.in, run.items);
  add('both', a.slice(a.length - tail));
  return runs;
}

function diffMiddle(a: readonly string[], b: readonly string[]): Run[] {
  if (a.length * b.length > MOST_COMPARISONS || a.length === 0 || b.length === 0) {
    return [
      { in: 'a', items: [...a] },
      { in: 'b', items: [...b] },
    ];
  }
  // common[i][j]: the length of a longest common subsequence of what follows i in a and j in b.
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j]!;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const runs: Run[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      runs.push({ in: 'both', items: [a[i++]!] });
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1)))
      runs.push({ in: 'a', items: [a[i++]!] });
    else runs.push({ in: 'b', items: [b[j++]!] });
  }
  return runs;
}
