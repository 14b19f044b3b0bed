/** What a month of the ledger that is restored from a backup takes over from the one that it replaces. */
import type { UsageAmounts, UsageRecord, UsageTotal } from '../../contract/records.ts';
import { isOfSessions, kindOf } from './budgets.ts';
import { emptyTally, sum, take, type Tally, totalsRecord, usedOf } from './tally.ts';

/**
 * Of each budget the higher count; what isn't settled there counts in full. Those of trees of sessions are as the sessions are, which the
 * backup brings back. Undefined: nothing is higher there.
 */
export function carriedUsage(there: readonly UsageRecord[], here: readonly UsageRecord[]): UsageRecord | undefined {
  const [before, restored] = [tallyOf(there), tallyOf(here)];
  const reserved = [...before.open.values()].flatMap(({ budgets }) => budgets);
  const budgets = new Set([...before.totals.keys(), ...reserved].filter((one) => !isOfSessions(kindOf(one))));
  let isHigher = false;
  for (const budget of budgets) {
    const { used, held } = usedOf(before, budget);
    const total = higher({ models: {}, ...before.totals.get(budget), ...sum(used, held) }, restored.totals.get(budget));
    isHigher ||= total !== restored.totals.get(budget);
    restored.totals.set(budget, total);
  }
  return isHigher ? totalsRecord(restored, () => true) : undefined;
}

function tallyOf(records: readonly UsageRecord[]): Tally {
  const tally = emptyTally();
  for (const record of records) take(tally, record);
  return tally;
}

const AMOUNTS: readonly (keyof UsageAmounts)[] = ['calls', 'tokens', 'cost_micro_usd', 'wall_ms'];

function higher(there: UsageTotal, here: UsageTotal | undefined): UsageTotal {
  if (!here) return there;
  if (AMOUNTS.every((amount) => there[amount] <= here[amount])) return here;
  const most = AMOUNTS.map((amount) => [amount, Math.max(there[amount], here[amount])] as const);
  return { ...there, ...Object.fromEntries(most) };
}
