/** What is looked at before a message is accepted, and what its sender is told beside. */
import { statSync } from 'node:fs';
import { RuntimeError } from '../../contract/errors.ts';
import type { Submission } from '../../contract/host.ts';
import type { ModelChoice } from '../../contract/manifest.ts';

const OFFLINE_NOTICE =
  'offline demo: a built-in script answers, no model. Set OPENAI_API_KEY, or run `runtime config init`, for a real one.';

/** `project_root`: of a session that was there before. It may have been moved, or the session made elsewhere. */
export function noticesOf(offline_demo: boolean, project_root: string | undefined): string[] {
  const isHere =
    project_root === undefined || statSync(project_root, { throwIfNoEntry: false })?.isDirectory() === true;
  const missing = `the project folder ${project_root} of this session is not here: its tools find nothing`;
  return [...(offline_demo ? [OFFLINE_NOTICE] : []), ...(isHere ? [] : [missing])];
}

/** @throws RuntimeError price_missing */
export function checkPrice(limits: Submission['limits'], choices: readonly ModelChoice[]): void {
  const unpriced = choices.find((choice) => !choice.price);
  if (limits?.cost_micro_usd === undefined || !unpriced) return;
  throw new RuntimeError('price_missing', `--max-cost needs the price of the model "${unpriced.name}".`, {
    next: `Set \`price: {input: …, output: …}\` (USD per million tokens) for "${unpriced.name}" in models.registry.`,
  });
}
