/** The day of a time (ms UTC) where the program runs, as `2026-11-21`. Its first seven characters are the month. */
export function localDay(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** By how many minutes local time is ahead of UTC then. */
export function utcOffset(at: number): number {
  return -new Date(at).getTimezoneOffset();
}
