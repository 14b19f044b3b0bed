/** Lines of the ledger before the newest totals: an opening doesn't read them, so that it reads little. */
import { localDay } from '../../base/local-date.ts';
import type { RecordedCall, UsageLog } from '../../contract/ports.ts';
import { keyOf } from './tally.ts';

/** A call stands in the month in which it was requested; in the next one, when that began just then. */
const MONTHS_OF_A_CALL = 2;

/** Those of the calls that the ledger has no line of. In a damaged file only what can be read is seen: better twice than not at all. */
export async function withoutLine(usage: UsageLog, calls: readonly RecordedCall[]): Promise<RecordedCall[]> {
  if (calls.length === 0) return [];
  const left = new Map(calls.map((call) => [keyOf(call), call]));
  const first = localDay(Math.min(...calls.map(({ at }) => at))).slice(0, 7);
  const months = usage.months().filter((month) => month >= first);
  for (const month of months.slice(0, MONTHS_OF_A_CALL)) {
    const reading = usage.read(month, ({ type, data }) => {
      if (type === 'usage.reserved') left.delete(keyOf(data));
    });
    await reading.catch(() => {});
  }
  return [...left.values()];
}
