import { parseDuration } from '../../base/duration.ts';
import type { Config } from '../../contract/config.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { Limits } from '../../contract/values.ts';
import { lowerRole } from '../../kernel/policy/rights.ts';

/** The limits of a turn. What an operator asks for with a message beats the configuration; of others it only tightens it. */
export function limitsOf(config: Config, event?: Pick<IngressEvent, 'actor' | 'limits' | 'goal'>): Limits {
  const { orchestrator, budget } = config;
  const own = event?.goal ? budget.goal : budget.turn;
  const { wall_ms, cost_micro_usd } = event?.limits ?? {};
  const mayLoosen = event !== undefined && lowerRole(event.actor.role, 'operator') === 'operator';
  const most = (asked = Infinity, configured = Infinity): number =>
    mayLoosen && asked < Infinity ? asked : Math.min(asked, configured);
  const cost = most(cost_micro_usd, own.cost > 0 ? Math.round(own.cost * 1_000_000) : undefined); // 0: no limit
  return {
    max_turns: orchestrator.max_turns,
    max_calls: orchestrator.max_tool_calls,
    wall_ms: most(wall_ms, parseDuration(own.wall)),
    ...(own.calls > 0 && { model_calls: own.calls }),
    ...(own.tokens > 0 && { tokens: own.tokens }),
    ...(cost < Infinity && { cost_micro_usd: cost }),
  };
}

/** The tighter of two limits, each by itself. What the second ones are left of counts where they are the tighter ones. */
export function tighterLimits(a: Limits, b: Limits): Limits {
  const least = (one: number | undefined, other: number | undefined): number =>
    Math.min(one ?? Infinity, other ?? Infinity);
  const tokens = least(a.tokens, b.tokens);
  const cost_micro_usd = least(a.cost_micro_usd, b.cost_micro_usd);
  const model_calls = least(a.model_calls, b.model_calls);
  const { calls, tokens: ofTokens, cost, wall } = b.left_of ?? {};
  const left_of = {
    ...(calls && b.model_calls === model_calls && { calls }),
    ...(ofTokens && b.tokens === tokens && { tokens: ofTokens }),
    ...(cost && b.cost_micro_usd === cost_micro_usd && { cost }),
    ...(wall && b.wall_ms <= a.wall_ms && { wall }),
  };
  return {
    max_turns: Math.min(a.max_turns, b.max_turns),
    max_calls: Math.min(a.max_calls, b.max_calls),
    wall_ms: Math.min(a.wall_ms, b.wall_ms),
    ...(tokens < Infinity && { tokens }),
    ...(cost_micro_usd < Infinity && { cost_micro_usd }),
    ...(model_calls < Infinity && { model_calls }),
    ...(Object.keys(left_of).length > 0 && { left_of }),
  };
}
