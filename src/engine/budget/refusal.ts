/** What a person reads when a budget has no room: what is used of what, on what it was spent, and how to go on. */
import type { UsageTotal } from '../../contract/records.ts';
import { type BudgetKind, KINDS } from '../../kernel/budget/kinds.ts';
import { isOfSessions, ownerName, sectionOf } from './budgets.ts';

/** So many of those that spent most are named. */
const NAMED = 3;

export interface Refused {
  /** `day`, `sender`, … */
  of: string;
  /** Its limit is what was left of this one. */
  left_of?: string;
  kind: BudgetKind;
  limit: number;
  used: number;
  /** Of `used`: by calls that run now. */
  held: number;
  /** At most what the refused call would use. */
  needed: number;
  total: UsageTotal | undefined;
}

export function refusalText({ of, left_of, kind, limit, used, held, needed, total }: Refused): string {
  const { what } = KINDS[kind];
  const shown = (amount: number): string => amountText(kind, amount);
  const rest = left_of === undefined ? '' : 'what was left of ';
  const running = held > 0 ? `, ${shown(held)} of that reserved by calls that run now` : '';
  const spent = spenders(kind, total);
  return [
    `The next model call could use ${shown(needed)} and pass ${rest}the ${ownerName(left_of ?? of)}'s ${what}: ${shown(used)} of ${shown(limit)} are used${running}.`,
    ...(spent === '' ? [] : [`Spent most: ${spent}; \`runtime cost\` says on what.`]),
    `Raise budget.${left_of ?? sectionOf(of)}.${kind} to go on${until(of)}.`,
  ].join(' ');
}

function until(of: string): string {
  if (isOfSessions(of)) return '';
  return of === 'month' ? ', or wait until the month ends' : ', or wait until the day ends';
}

function spenders(kind: BudgetKind, total: UsageTotal | undefined): string {
  if (kind === 'calls' || kind === 'wall' || total === undefined) return '';
  const amount = kind === 'cost' ? 'cost_micro_usd' : 'tokens';
  const most = Object.entries(total.models).sort(([, a], [, b]) => b[amount] - a[amount]);
  return most.slice(0, NAMED).map(([model, of]) => `${model} (${amountText(kind, of[amount])})`).join(', '); // prettier-ignore
}

function amountText(kind: BudgetKind, amount: number): string {
  const { shown, unit } = KINDS[kind];
  return `${shown(amount)} ${unit}`;
}
