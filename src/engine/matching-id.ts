import { RuntimeError } from '../contract/errors.ts';

/** Fewer characters of an id are not enough to name anything. */
const SHORTEST_PREFIX = 6;

/**
 * The item whose id is `given`, or the only one whose id begins with it.
 * @throws RuntimeError ambiguous_id
 */
export function matchingId<T>(items: readonly T[], given: string, idOf: (item: T) => string): T | undefined {
  const exact = items.find((item) => idOf(item) === given);
  if (exact || given.length < SHORTEST_PREFIX) return exact;
  const [only, another] = items.filter((item) => idOf(item).startsWith(given));
  if (another) throw new RuntimeError('ambiguous_id', `Several ids begin with ${given}.`);
  return only;
}
