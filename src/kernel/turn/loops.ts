/**
 * Calls that go round in a circle: the same call that had the same result three times isn't run a fourth time in a turn.
 * Nothing that may change a result is overlooked: after any call that isn't a read, what other calls gave counts no more.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { Part } from '../../contract/values.ts';
import { isGuarded, type Call, type Seen, type Turn } from './state.ts';

const SAME_RESULTS = 3;

export const LOOP_MESSAGE =
  'This call was made three times in this turn and gave the same result each time, so it was not run again. Use that result, or try something else.';

/** Outcomes that are results of the call itself. */
const RESULTS: ReadonlySet<string> = new Set(['ok', 'error', 'timeout']);

/** Would the call only give once more what it gave three times? */
export function isLoop(turn: Turn, call: Call): boolean {
  return (find(turn.seen, call)?.count ?? 0) >= SAME_RESULTS;
}

/** Whether this round has calls and every one was refused as a repetition. */
export function allLoops(turn: Turn): boolean {
  return turn.calls.length > 0 && turn.calls.every((call) => call.result?.status === 'limit' && call.inspected);
}

/** What is known of calls when one has been settled. What was refused changed nothing, unless it had been started. */
export function seenAfter(hash: Hash, turn: Turn, call: Call, status: string, parts: Part[]): Seen[] {
  if (call.attempt === 0 && call.status !== 'lost') return turn.seen;
  const known = find(turn.seen, call);
  const others = isGuarded(call.effect) ? [] : turn.seen.filter((one) => one !== known);
  if (!call.inspected || !RESULTS.has(status)) return others;
  const result = hash(canonicalJson([status, parts]));
  const count = known?.result === result ? known.count + 1 : 1;
  return [...others, { tool: call.name, args_digest: call.inspected.args_digest, result, count }];
}

function find(seen: Seen[], { name, inspected }: Call): Seen | undefined {
  return seen.find((one) => one.tool === name && one.args_digest === inspected?.args_digest);
}
