/** Lines that hold a literal text, as a model is shown them. */
import { visible } from './visible.ts';

const MAX_LINE = 240;

export interface Matcher {
  query: string;
  fold: (text: string) => string;
}

export interface MatchingLine {
  /** From 1. */
  number: number;
  /** Where it begins (UTF-16 units). */
  at: number;
  shown: string;
}

/** Smart case: a query without capitals ignores case. */
export function matcherOf(query: string): Matcher {
  const lower = query.toLowerCase();
  return query === lower ? { query: lower, fold: (text) => text.toLowerCase() } : { query, fold: (text) => text };
}

export function* matchingLines(text: string, { query, fold }: Matcher): Generator<MatchingLine> {
  if (!fold(text).includes(query)) return;
  let number = 0;
  let at = 0;
  for (const line of text.split('\n')) {
    number++;
    const found = fold(line).indexOf(query);
    if (found !== -1) yield { number, at, shown: excerpt(line, found) };
    at += line.length + 1;
  }
}

function excerpt(line: string, at: number): string {
  const start = line.length <= MAX_LINE ? 0 : Math.max(0, at - MAX_LINE / 4);
  const shown = line.slice(start, start + MAX_LINE).toWellFormed();
  return `${start > 0 ? '…' : ''}${visible(shown.replace(/\r$/, ''), { lines: true })}${start + MAX_LINE < line.length ? '…' : ''}`;
}
