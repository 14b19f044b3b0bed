import type { RuledCall } from './rules.ts';

/**
 * A command in no sandbox: what its words come to, files say that nobody here reads, and that others may change. So an answer to
 * it is for once.
 */
export function isUnconfined({ effect, facts }: Pick<RuledCall, 'effect' | 'facts'>): boolean {
  return effect === 'exec' && facts.sandbox === undefined;
}
