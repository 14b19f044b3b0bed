const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PIECE = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy;

/** The pattern of a duration text, for schemas: `500ms`, `1m30s`, `2h`. */
export const DURATION_PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/** A hundred years: what is longer is as long, and stays a number that can be written. */
const LONGEST_MS = 36_525 * UNITS_MS['d']!;

/** Milliseconds of `500ms`, `1m30s`, `2h`; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PIECE)) total += Number(amount) * UNITS_MS[unit!]!;
  return Math.min(Math.round(total), LONGEST_MS);
}
