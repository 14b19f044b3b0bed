import { parseDuration } from '../../base/duration.ts';
import { RuntimeError } from '../../contract/errors.ts';

/** Milliseconds of `--timeout`, longer than none. @throws RuntimeError usage */
export function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new RuntimeError('usage', `--timeout ${text} is no duration`, { next: 'Write it as 30s, 5m or 1m30s.' });
}
