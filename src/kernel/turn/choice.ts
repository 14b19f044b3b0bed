import type { ModelChoice } from '../../contract/manifest.ts';
import type { Turn } from './state.ts';

/** The model that the present call asks: the turn's own, or the one that was frozen for summaries or plans. */
export function askedChoice(turn: Turn): ModelChoice {
  const { manifest, ask, choice } = turn;
  const own = manifest.models[choice]!;
  if (ask.by_planner) return manifest.planner ?? own;
  return ask.compaction?.by_compactor ? (manifest.compactor ?? own) : own;
}
