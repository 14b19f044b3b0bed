import { parseDuration } from '../../base/duration.ts';
import type { Config } from '../../contract/config.ts';
import type { Limits } from '../../contract/values.ts';

/** The limits of a turn. What the caller asks for beats the configuration: `timeout_ms`, and `max_cost` in USD. */
export function limitsOf(config: Config, asked: { timeout_ms?: number; max_cost?: number } = {}): Limits {
  const { orchestrator, budget } = config;
  const cost = asked.max_cost ?? (budget.turn.cost || undefined); // 0: no limit
  return {
    max_turns: orchestrator.max_turns,
    max_calls: orchestrator.max_tool_calls,
    wall_ms: asked.timeout_ms ?? parseDuration(budget.turn.wall)!,
    ...(budget.turn.tokens > 0 && { tokens: budget.turn.tokens }),
    ...(cost !== undefined && { cost_micro_usd: Math.round(cost * 1_000_000) }),
  };
}
