/** A limit in money can only be held where the models have prices. */
import { RuntimeError } from '../../contract/errors.ts';
import type { Submission } from '../../contract/host.ts';
import type { ModelChoice } from '../../contract/manifest.ts';

/** @throws RuntimeError price_missing */
export function checkPrice(limits: Submission['limits'], choices: ModelChoice[]): void {
  const unpriced = choices.find((choice) => !choice.price);
  if (limits?.cost_micro_usd === undefined || !unpriced) return;
  throw new RuntimeError('price_missing', `--max-cost needs the price of the model "${unpriced.name}".`, {
    next: `Set \`price: {input: …, output: …}\` (USD per million tokens) for "${unpriced.name}" in models.registry.`,
  });
}
