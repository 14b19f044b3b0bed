/** Times as a person reads them in a list. */

const UNITS: [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** `3m ago`. */
export function ago(at: number, now: number): string {
  return now - at < 1000 ? 'now' : `${span(now - at)} ago`;
}

/** `in 57m`, or `expired`. */
export function until(at: number, now: number): string {
  return at <= now ? 'expired' : `in ${span(at - now)}`;
}

/** The largest unit that fits: `45s`, `3m`, `2h`, `5d`; below a second in milliseconds. */
export function span(ms: number): string {
  const [unit, size] = UNITS.find(([, length]) => ms >= length) ?? ['ms', 1];
  return `${Math.floor(ms / size)}${unit}`;
}
