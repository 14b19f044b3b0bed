import { RuntimeError } from '../contract/errors.ts';
import type { ForkOptions } from '../contract/host.ts';

/**
 * Where a fork leaves its source, as people write it: `3` behind turn 3, `seq:40` behind entry 40; undefined behind the
 * last turn that has ended.
 * @throws RuntimeError usage
 */
export function forkPlace(text: string | undefined): Pick<ForkOptions, 'at' | 'turn'> {
  if (text === undefined) return {};
  const [, seq, turn] = /^(?:seq:([1-9]\d{0,14})|([1-9]\d{0,14}))$/.exec(text) ?? [];
  if (seq !== undefined) return { at: Number(seq) };
  if (turn !== undefined) return { turn: Number(turn) };
  throw new RuntimeError('usage', `${text} is no turn`, {
    next: 'Write the number of a turn, as 3, or of an entry, as seq:40.',
  });
}
