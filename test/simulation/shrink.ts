/** Makes a failing tape small: what can be left out, or be ordinary (0), while the same invariant fails. */
import type { Outcome } from './run.ts';

export type Run = (tape: readonly number[]) => Promise<Outcome>;

/** `tries`: so many runs at most. Gives the smallest tape that was found. */
export async function shrink(run: Run, tape: readonly number[], letter: string, tries: number): Promise<number[]> {
  let smallest = [...tape];
  let left = tries;

  async function accept(candidate: number[]): Promise<boolean> {
    if (left-- <= 0 || (await run(candidate)).violation?.letter !== letter) return false;
    smallest = candidate;
    return true;
  }

  async function pass(change: (from: number, size: number) => number[] | undefined): Promise<boolean> {
    let changed = false;
    for (let size = Math.ceil(smallest.length / 2); size >= 1 && left > 0; size = Math.floor(size / 2)) {
      for (let from = 0; from < smallest.length && left > 0;) {
        const candidate = change(from, size);
        if (candidate !== undefined && (await accept(candidate))) changed = true;
        else from += size;
        if (candidate !== undefined && candidate.length === smallest.length) from += size;
      }
    }
    return changed;
  }

  const without = (from: number, size: number): number[] => [
    ...smallest.slice(0, from),
    ...smallest.slice(from + size),
  ];
  const zeroed = (from: number, size: number): number[] | undefined =>
    smallest.slice(from, from + size).every((number) => number === 0)
      ? undefined
      : smallest.map((number, index) => (index >= from && index < from + size ? 0 : number));

  while ((await pass(without)) || (await pass(zeroed))) if (left <= 0) break;
  return smallest;
}
