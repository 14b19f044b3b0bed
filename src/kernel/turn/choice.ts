import type { ModelChoice } from '../../contract/manifest.ts';
import type { Turn } from './state.ts';

/** The model that the present call asks: the turn's own, or, for a summary, the frozen compactor. */
export function askedChoice(turn: Turn): ModelChoice {
  const { manifest, ask, choice } = turn;
  const own = manifest.models[choice]!;
  return ask.compaction?.by_compactor ? (manifest.compactor ?? own) : own;
}
