import type { Quota } from '../../contract/values.ts';

/** Why a call doesn't run when the day's calls of its tool are used up, and what to do. */
export function quotaText(tool: string, { limit, used }: Quota): string {
  return `${used} of ${limit} calls of ${tool} ran today; it begins anew at midnight, or with a higher governance.daily_tool_limit`;
}
