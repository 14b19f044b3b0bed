import type { Role } from '../../contract/values.ts';
import type { State, Turn } from '../turn/state.ts';
import { localMinute } from './local-time.ts';
import { lowerRole } from './rights.ts';
import type { Asked } from './rules.ts';

/** The least role of those who spoke to a turn. */
export function askedRole({ rights, steered }: Pick<Turn, 'rights' | 'steered'>): Role {
  return steered ? lowerRole(rights.role, steered.role) : rights.role;
}

/** Who asked for a turn's calls, and what is left of its money. */
export function askedBy(state: State, turn: Turn): Asked {
  const { manifest, limits, cost_micro_usd, steered } = turn;
  const { asker, rules } = manifest;
  const ofTurn = (limits.cost_micro_usd ?? Infinity) - cost_micro_usd;
  const ofSession = (rules.session_cost_micro_usd ?? Infinity) - state.cost_micro_usd - cost_micro_usd;
  return {
    role: askedRole(turn),
    ...(asker && {
      channels: [...new Set([...asker.channels, ...(steered?.channels ?? [])])],
      lane: asker.lane,
      local_minute: localMinute(state.at, asker.utc_offset_min),
    }),
    tainted: state.taint.length > 0,
    ...(state.taint.length > 0 && { taint: state.taint }),
    left_micro_usd: Math.min(ofTurn, ofSession),
  };
}
