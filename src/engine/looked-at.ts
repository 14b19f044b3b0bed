import type { Policy } from '../contract/manifest.ts';
import type { ToolRequest } from '../contract/ports.ts';
import { strictestSandbox } from '../kernel/policy/rights.ts';
import { argumentsNamed } from '../kernel/policy/rules.ts';

/** What policies want of a call's inspection beside what a tool says by itself. */
export function lookedAt(
  policies: readonly Partial<Pick<Policy, 'rules' | 'sandbox'>>[],
  tool: string,
): Pick<ToolRequest, 'named_args' | 'sandbox' | 'links'> {
  const named_args = argumentsNamed(policies, tool);
  const confined = strictestSandbox(policies) !== 'off';
  return { ...(named_args.length > 0 && { named_args }), ...(confined && { sandbox: 'best', links: true }) };
}
