import { parseDuration } from '../../base/duration.ts';
import type { Config } from '../../contract/config.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { Limits } from '../../contract/values.ts';

/** The limits of a turn. What came with its message beats the configuration. */
export function limitsOf(config: Config, asked: IngressEvent['limits'] = {}): Limits {
  const { orchestrator, budget } = config;
  const configured = budget.turn.cost > 0 ? Math.round(budget.turn.cost * 1_000_000) : undefined; // 0: no limit
  const cost_micro_usd = asked.cost_micro_usd ?? configured;
  return {
    max_turns: orchestrator.max_turns,
    max_calls: orchestrator.max_tool_calls,
    wall_ms: asked.wall_ms ?? parseDuration(budget.turn.wall)!,
    ...(budget.turn.tokens > 0 && { tokens: budget.turn.tokens }),
    ...(cost_micro_usd !== undefined && { cost_micro_usd }),
  };
}
