/** What the records of a month add up to. Pure: who reads them again gets the same. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { UsageAmounts, UsageKey, UsageRecord, UsageReservation, UsageTotal } from '../../contract/records.ts';

export interface Tally {
  /** By budget. */
  totals: Map<string, UsageTotal>;
  /** Reservations of which nobody has said yet what they used, by `keyOf`. */
  open: Map<string, UsageReservation>;
}

export function emptyTally(): Tally {
  return { totals: new Map(), open: new Map() };
}

export function keyOf({ session, for: attempt, intent }: UsageKey): string {
  return `${session} ${attempt} ${intent.hash}`;
}

/** Adds a record. What settles nothing that is open is nothing: so no line counts twice. */
export function take(tally: Tally, record: UsageRecord): void {
  const { totals, open } = tally;
  switch (record.type) {
    case 'usage.totals':
      totals.clear();
      open.clear();
      for (const [budget, total] of Object.entries(record.data.totals)) totals.set(budget, structuredClone(total));
      for (const reservation of record.data.open) open.set(keyOf(reservation), reservation);
      return;
    case 'usage.reserved':
      open.set(keyOf(record.data), record.data);
      return;
    case 'usage.released':
      open.delete(keyOf(record.data));
      return;
    case 'usage.settled': {
      const key = keyOf(record.data);
      const reservation = open.get(key);
      open.delete(key);
      if (reservation) count(totals, reservation, record.data);
      return;
    }
    case 'usage.worked':
      for (const budget of record.data.budgets) totalOf(totals, budget).wall_ms += record.data.wall_ms;
      return;
    case 'usage.called':
      totalOf(totals, record.data.budget).calls++;
  }
}

function count(
  totals: Tally['totals'],
  { budgets, model }: UsageReservation,
  { tokens, cost_micro_usd, wall_ms }: Omit<UsageAmounts, 'calls'>,
): void {
  for (const budget of budgets) {
    const total = totalOf(totals, budget);
    total.calls++;
    total.tokens += tokens;
    total.cost_micro_usd += cost_micro_usd;
    total.wall_ms += wall_ms;
    const of = (total.models[model] ??= { tokens: 0, cost_micro_usd: 0 });
    of.tokens += tokens;
    of.cost_micro_usd += cost_micro_usd;
  }
}

function totalOf(totals: Tally['totals'], budget: string): UsageTotal {
  const known = totals.get(budget);
  if (known) return known;
  const total: UsageTotal = { calls: 0, tokens: 0, cost_micro_usd: 0, wall_ms: 0, models: {} };
  totals.set(budget, total);
  return total;
}

const NOTHING: UsageAmounts = { calls: 0, tokens: 0, cost_micro_usd: 0, wall_ms: 0 };

/** What counts against a budget: what was used of it, and what is reserved. */
export function usedOf({ totals, open }: Tally, budget: string): { used: UsageAmounts; held: UsageAmounts } {
  const held = { ...NOTHING };
  for (const { budgets, tokens, cost_micro_usd, wall_ms } of open.values()) {
    if (!budgets.includes(budget)) continue;
    held.calls++;
    held.tokens += tokens;
    held.cost_micro_usd += cost_micro_usd;
    held.wall_ms += wall_ms;
  }
  return { used: totals.get(budget) ?? NOTHING, held };
}

export function sum(a: UsageAmounts, b: UsageAmounts): UsageAmounts {
  return {
    calls: a.calls + b.calls,
    tokens: a.tokens + b.tokens,
    cost_micro_usd: a.cost_micro_usd + b.cost_micro_usd,
    wall_ms: a.wall_ms + b.wall_ms,
  };
}

/** As a record that stands for all before it. `keep`: budgets that may still count. */
export function totalsRecord({ totals, open }: Tally, keep: (budget: string) => boolean): UsageRecord {
  const kept = [...totals].filter(([budget]) => keep(budget));
  return { type: 'usage.totals', data: { totals: Object.fromEntries(kept), open: [...open.values()] } };
}

/** Those of `wanted` that `seen` hasn't, as often as it hasn't. */
export function missingIn(seen: readonly UsageRecord[], wanted: readonly UsageRecord[]): UsageRecord[] {
  const left = seen.map(canonicalJson);
  return wanted.filter((one) => {
    const index = left.indexOf(canonicalJson(one));
    if (index !== -1) left.splice(index, 1);
    return index === -1;
  });
}
