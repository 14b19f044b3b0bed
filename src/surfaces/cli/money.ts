/** Micro-USD as a person reads them: `$1.23`, `$0.0042`. */
export function money(microUsd: number): string {
  const usd = microUsd / 1_000_000;
  return `$${usd.toFixed(usd >= 0.1 || usd === 0 ? 2 : 4)}`;
}
