import type { SharedScope } from '../../contract/manifest.ts';
import type { SharedLimits } from '../../contract/values.ts';
import type { State, Turn } from '../turn/state.ts';
import { workedMs } from './budget.ts';

/**
 * What the open turn of the fork `id` shares: with other sessions what it did, with its source nothing. A goal and its
 * steps share what it has left; any other turn is held by its own limits and its session's.
 */
export function forkScopes(state: State, turn: Turn, id: string): SharedScope[] {
  return turn.manifest.rules.shared_scopes.flatMap((shared): SharedScope[] => {
    const [kind] = shared.scope.split(':', 1);
    if (kind !== 'goal' && kind !== 'tree') return [shared];
    if (!turn.goal) return [];
    const { limits } = shared;
    if (kind === 'goal') return [{ ...shared, scope: `goal:${id}.${turn.turn}`, limits: less(limits, usedBy(turn)) }];
    return [{ ...shared, scope: `tree:${id}`, limits: less(less(limits, usedBy(turn)), state) }];
  });
}

type Used = Pick<State, 'model_calls' | 'tokens' | 'cost_micro_usd' | 'active_ms'>;

function usedBy(turn: Turn): Used {
  const { model_calls, tokens, cost_micro_usd } = turn;
  return { model_calls, tokens, cost_micro_usd, active_ms: workedMs(turn) };
}

function less({ calls, tokens, cost_micro_usd, wall_ms }: SharedLimits, used: Used): SharedLimits {
  return {
    ...(calls !== undefined && { calls: Math.max(0, calls - used.model_calls) }),
    ...(tokens !== undefined && { tokens: Math.max(0, tokens - used.tokens) }),
    ...(cost_micro_usd !== undefined && { cost_micro_usd: Math.max(0, cost_micro_usd - used.cost_micro_usd) }),
    ...(wall_ms !== undefined && { wall_ms: Math.max(0, wall_ms - used.active_ms) }),
  };
}
