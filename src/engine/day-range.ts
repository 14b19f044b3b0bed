/** Of which days something is told. */
import { RuntimeError } from '../contract/errors.ts';

export interface DayRange {
  /** Days as `2026-11-21`, both included. */
  since?: string;
  until?: string;
}

const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const DAY_MS = 86_400_000;

/** @throws RuntimeError usage: a day that is none */
export function checkRange({ since, until }: DayRange): void {
  for (const day of [since, until]) if (day !== undefined) checkDay(day);
}

export function isWithin(day: string, { since, until }: DayRange): boolean {
  return !(since !== undefined && day < since) && !(until !== undefined && day > until);
}

/** No day of the range began before this time (ms UTC), wherever the program runs. */
export function earliestIn({ since }: DayRange): number {
  return since === undefined ? 0 : Date.parse(since) - DAY_MS;
}

function checkDay(day: string): void {
  const parsed = DAY.test(day) ? Date.parse(day) : NaN;
  // February 30 would be read as March 2.
  if (!Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(day)) return;
  throw new RuntimeError('usage', `${day} is no day.`, { next: 'Write days as 2026-11-21.' });
}
