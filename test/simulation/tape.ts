/** The tape of a seed: a fixed generator (SplitMix32), so that a seed means the same everywhere. */
const LEAST = 60;
const MOST = 420;

export function tapeOf(seed: number): number[] {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % 2 ** 30;
  };
  const length = LEAST + (next() % (MOST - LEAST));
  return Array.from({ length }, next);
}
