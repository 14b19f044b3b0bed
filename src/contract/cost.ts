/** What was used: the shape of `runtime cost -o json` and of `GET /v1/usage`, `runtime.cost.v1`. */
import * as z from 'zod';
import { int, usage } from './values.ts';

export const costBy = z.enum(['day', 'session', 'model', 'source']);

const counted = {
  calls: int.describe('Attempts of model calls, also those that failed.'),
  usage,
  cost_micro_usd: int.describe('Of the calls whose model has a price.'),
  unpriced_tokens: int.describe('Input and output of calls whose price is not known.'),
  unknown_calls: int.describe('Calls that may have been charged, of which nobody said what they used.'),
};

export const costReport = z.strictObject({
  schemaVersion: z.literal('runtime.cost.v1'),
  by: costBy,
  /** Days, both included, where the program runs. */
  since: z.string().exactOptional(),
  until: z.string().exactOptional(),
  rows: z.array(z.strictObject({ key: z.string(), ...counted })),
  total: z.strictObject(counted),
  unreadable: z.array(z.string()).describe('Sessions that are damaged: what they used is counted up to there.'),
});

export type CostBy = z.infer<typeof costBy>;
export type CostReport = z.infer<typeof costReport>;
export type Counted = CostReport['total'];
