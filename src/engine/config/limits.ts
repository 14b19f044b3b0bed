import { parseDuration } from '../../base/duration.ts';
import type { Config } from '../../contract/config.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { Limits } from '../../contract/values.ts';
import { lowerRole } from '../../kernel/policy/rights.ts';

/** The limits of a turn. What an operator asks for with a message beats the configuration; of others it only tightens it. */
export function limitsOf(config: Config, event?: Pick<IngressEvent, 'actor' | 'limits'>): Limits {
  const { orchestrator, budget } = config;
  const { wall_ms, cost_micro_usd } = event?.limits ?? {};
  const mayLoosen = event !== undefined && lowerRole(event.actor.role, 'operator') === 'operator';
  const most = (asked = Infinity, configured = Infinity): number =>
    mayLoosen && asked < Infinity ? asked : Math.min(asked, configured);
  const cost = most(cost_micro_usd, budget.turn.cost > 0 ? Math.round(budget.turn.cost * 1_000_000) : undefined); // 0: no limit
  return {
    max_turns: orchestrator.max_turns,
    max_calls: orchestrator.max_tool_calls,
    wall_ms: most(wall_ms, parseDuration(budget.turn.wall)),
    ...(budget.turn.calls > 0 && { model_calls: budget.turn.calls }),
    ...(budget.turn.tokens > 0 && { tokens: budget.turn.tokens }),
    ...(cost < Infinity && { cost_micro_usd: cost }),
  };
}
