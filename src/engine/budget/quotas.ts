/** The port `Quotas`: the limits of the configuration as it is now, and the ledger's counts where there is one. */
import type { Config } from '../../contract/config.ts';
import type { Quotas } from '../../contract/quotas.ts';
import type { ToolCounts } from './tool-counts.ts';

export function createQuotas(config: () => Config, counts: ToolCounts): Quotas {
  return {
    async usedUp(tool) {
      const limit = dailyLimit(config(), tool);
      if (limit === 0) return undefined;
      const used = await counts.calledToday(tool);
      return used < limit ? undefined : { limit, used };
    },
    async take(call) {
      const limit = dailyLimit(config(), call.tool);
      if (limit === 0) return undefined;
      const { ok, used } = await counts.takeCall(call, limit);
      return ok ? undefined : { limit, used };
    },
  };
}

/** Most calls of a tool on a day; 0: no limit. */
export function dailyLimit({ governance: { daily_tool_limit: limits } }: Config, tool: string): number {
  if (typeof limits === 'number') return limits;
  return (Object.hasOwn(limits, tool) ? limits[tool] : limits['*']) ?? 0;
}
