/**
 * How many calls of a tool ran on a day. A call takes its place right before it runs, in one step with the look at what is
 * left, and runs only when that is durable: so no two pass a limit together, and none that ran is forgotten.
 */
import type { Clock } from '../../base/clock.ts';
import { localDay } from '../../base/local-date.ts';
import type { UsageLog } from '../../contract/ports.ts';
import type { Months } from './months.ts';
import { usedOf } from './tally.ts';

export interface ToolCounts {
  /** How many calls of the tool ran today. @throws as `Budget.reserve` */
  calledToday(tool: string): Promise<number>;
  /**
   * Counts a call, unless `limit` calls of its tool ran today. An attempt after the first counts only where none before it
   * did. @throws as `Budget.reserve`
   */
  takeCall(call: CountedCall, limit: number): Promise<{ ok: boolean; used: number }>;
}

export interface CountedCall {
  session: string;
  call_id: string;
  attempt: number;
  tool: string;
}

interface CountPorts {
  usage: UsageLog;
  clock: Clock;
  months: Months;
}

export function createToolCounts({ usage, clock, months }: CountPorts): ToolCounts {
  const today = (tool: string): { name: string; budget: string } => {
    const day = localDay(clock.now());
    return { name: day.slice(0, 7), budget: toolBudget(tool, day) };
  };

  /** Only of a call that runs again, after a stop: all that there is may be read. */
  async function isCounted({ session, call_id }: CountedCall): Promise<boolean> {
    let found = false;
    for (const month of usage.months().reverse()) {
      const reading = usage.read(month, ({ type, data }) => {
        if (type === 'usage.called' && data.session === session && data.call_id === call_id) found = true;
      });
      await reading.catch(() => {}); // of a damaged file what can be read is seen: better twice than not at all
      if (found) return true;
    }
    return false;
  }

  return {
    async calledToday(tool) {
      const { name, budget } = today(tool);
      return usedOf((await months.of(name)).tally, budget).used.calls;
    },

    async takeCall(call, limit) {
      await months.of(today(call.tool).name); // what a file that failed may have lost is written again
      if (call.attempt > 1 && (await isCounted(call))) return { ok: true, used: await this.calledToday(call.tool) };
      const { name, budget } = today(call.tool);
      const month = await months.of(name);
      const { calls: used } = usedOf(month.tally, budget).used;
      if (used >= limit) return { ok: false, used };
      const { session, call_id } = call;
      months.write(month, [{ type: 'usage.called', data: { session, call_id, budget } }]);
      await months.sync(month);
      return { ok: true, used: used + 1 };
    },
  };
}

/** The name under which calls of a tool are counted on a day. */
export function toolBudget(tool: string, day: string): string {
  return `tool:${day}:${tool}`;
}
