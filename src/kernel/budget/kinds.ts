/** What budgets limit, and how amounts of it are written for people. */
const MICRO = 1_000_000;

/** Calls of models, tokens, money (millionths of a USD), active time (ms). */
export type BudgetKind = 'calls' | 'tokens' | 'cost' | 'wall';

export interface KindWords {
  /** Such a limit. */
  what: string;
  unit: string;
  /** An amount, in that unit. */
  shown: (amount: number) => string;
}

export const KINDS: Readonly<Record<BudgetKind, KindWords>> = {
  calls: { what: 'limit of model calls', unit: 'calls', shown: String },
  tokens: { what: 'token limit', unit: 'tokens', shown: String },
  cost: { what: 'money limit', unit: 'USD', shown: (amount) => String(amount / MICRO) },
  wall: { what: 'limit of active time', unit: 's', shown: (amount) => String(amount / 1000) },
};

export function isBudgetKind(kind: string): kind is BudgetKind {
  return Object.hasOwn(KINDS, kind);
}
