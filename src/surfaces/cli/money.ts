import { RuntimeError } from '../../contract/errors.ts';

/** Micro-USD as a person reads them: `$1.23`, `$0.0042`. */
export function money(microUsd: number): string {
  const usd = microUsd / 1_000_000;
  return `$${usd.toFixed(usd >= 0.1 || usd === 0 ? 2 : 4)}`;
}

/** As in the configuration. */
const MOST_USD = 1_000_000_000;

/** USD as `--max-cost` takes them. @throws RuntimeError usage */
export function usdOf(text: string): number {
  const usd = Number(text);
  if (text.trim() !== '' && usd > 0 && usd <= MOST_USD) return usd;
  throw new RuntimeError('usage', `--max-cost ${text} is no amount of money`, { next: 'Write USD, as 0.50.' });
}
