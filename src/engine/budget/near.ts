/** Limits of which 80 % are used: whoever looks on is warned, once a turn for each. */
import type { EntryData } from '../../contract/entries.ts';
import type { LimitUse } from '../../contract/values.ts';
import { isNear } from '../../kernel/budget/budget.ts';
import { isBudgetKind, KINDS } from '../../kernel/budget/kinds.ts';
import { ownerName } from './budgets.ts';

/** Those that an entry names. Turn and session: the kernel; what sessions share: the ledger. */
export function nearIn(type: string, data: unknown): LimitUse[] {
  if (type === 'model.requested') return (data as EntryData<'model.requested'>).near ?? [];
  if (type !== 'budget.reserved') return [];
  return (data as EntryData<'budget.reserved'>).scopes.filter(isNear);
}

/** Tells each limit once a turn. */
export interface NearWatch {
  take(event: { session_id?: string; turn?: number | undefined; type: string; data: unknown }): LimitUse[];
}

export function createNearWatch(): NearWatch {
  const told = new Map<string, Set<string>>();
  return {
    take({ session_id = '', turn = 0, type, data }) {
      const key = `${session_id} ${turn}`;
      if (type === 'turn.ended') told.delete(key);
      const known = told.get(key) ?? new Set();
      const fresh = nearIn(type, data).filter(({ scope }) => !known.has(scope));
      for (const { scope } of fresh) known.add(scope);
      if (fresh.length > 0) told.set(key, known);
      return fresh;
    },
  };
}

/** As `the day's budget: 16.4 of 20 USD are used (82 %)`. */
export function nearText({ scope, limit, used }: LimitUse): string {
  const at = scope.lastIndexOf('_');
  const [of, kind] = [scope.slice(0, at), scope.slice(at + 1)];
  const { unit, shown } = isBudgetKind(kind) ? KINDS[kind] : { unit: kind, shown: String };
  const percent = Math.floor((used * 100) / limit);
  return `the ${ownerName(of)}'s budget: ${shown(rounded(kind, used))} of ${shown(rounded(kind, limit))} ${unit} are used (${percent} %)`;
}

/** Nobody wants to read millionths. */
function rounded(kind: string, amount: number): number {
  return kind === 'cost' || kind === 'wall' ? Number(amount.toPrecision(4)) : amount;
}
