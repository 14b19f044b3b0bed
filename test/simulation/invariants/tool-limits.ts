/** Calls of tools on a day, counted anew from the ledger's lines and from the tools that began. */
import type { UsageRecord } from '../../../src/contract/records.ts';
import type { Invariant, World } from '../world/parts.ts';

export const toolLimitsHold: Invariant = {
  letter: 'q',
  says: 'no more calls of a tool run on a day than it may, and each that ran is counted',
  watch(world, broken) {
    /** By session and call: the lives in which it began. */
    const begun = new Map<string, Set<number>>();
    return {
      effect({ session, run }) {
        if (limitOf(world, run.spec.name) === 0) return;
        const key = `${session} ${run.call_id}`;
        begun.set(key, (begun.get(key) ?? new Set()).add(world.ledger.life(session)));
      },
      evidence({ usage }) {
        const lines = usage.flat().flatMap(calledIn);
        const calls = Map.groupBy(lines, ({ session, call_id }) => `${session} ${call_id}`);
        for (const [key, lives] of begun) {
          const counted = calls.get(key)?.length ?? 0;
          if (counted < lives.size) broken(`${key} began ${lives.size} times, and is counted ${counted} times`);
        }
        for (const [budget, counted] of Map.groupBy(lines, (line) => line.budget)) {
          const tool = budget.slice(budget.lastIndexOf(':') + 1);
          const limit = limitOf(world, tool);
          if (counted.length > limit) broken(`${counted.length} calls are counted as ${budget}, of ${limit}`);
        }
      },
    };
  },
};

function calledIn(record: UsageRecord) {
  return record.type === 'usage.called' ? [record.data] : [];
}

/** 0: none. */
function limitOf({ loaded }: World, tool: string): number {
  const { daily_tool_limit: limits } = loaded.config.governance;
  return typeof limits === 'number' ? limits : (limits[tool] ?? 0);
}
