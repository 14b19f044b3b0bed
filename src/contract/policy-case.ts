/** A test of a policy, as it stands in a policy file beside the rules: a call that nobody makes, and what is to become of it. */
import * as z from 'zod';
import { lane, role, verdict } from './values.ts';

export const policyCase = z.strictObject({
  title: z.string().min(1).max(300).exactOptional(),
  tool: z.string().min(1),
  args: z.record(z.string(), z.json()).default({}),
  /** Role of who asks; absent: that of the person at this machine. */
  as: role.exactOptional(),
  channel: z.string().min(1).exactOptional(),
  lane: lane.exactOptional(),
  tainted: z.boolean().exactOptional(),
  /** Local time. Absent: nobody knows, so that no test holds in the morning only. */
  at: z.string().regex(/^(?:sun|mon|tue|wed|thu|fri|sat) (?:[01]\d|2[0-3]):[0-5]\d$/).exactOptional(),
  /** USD. */
  budget_left: z.number().min(0).exactOptional(),
  expect: verdict,
  /** The rule that is to say so, by its id; of the file's own ones its place (`rules[2]`) is enough. */
  rule: z.string().min(1).exactOptional(),
}); // prettier-ignore

export const policyCases = z.object({ tests: z.array(policyCase) });

export type PolicyCase = z.infer<typeof policyCase>;
