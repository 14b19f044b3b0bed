/** The budgets that a turn shares with others, and how they are called. */
import { parseDuration } from '../../base/duration.ts';
import type { Config } from '../../contract/config.ts';
import type { SharedScope } from '../../contract/manifest.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { SharedLimits } from '../../contract/values.ts';

const MICRO = 1_000_000;

/** What a turn belongs to, beside its session. */
export interface BelongsTo {
  /** Who wrote its message. */
  sender?: string;
  /** The job that fired it. */
  schedule?: string;
  /** Where its tree of sessions begins. */
  tree?: string;
  /** The goal that it is, as `<session>.<turn>`, and what the goal may use. */
  goal?: { id: string } & Pick<SharedScope, 'limits' | 'left_of'>;
}

export function ownersOf({ actor, source, metadata }: Pick<IngressEvent, 'actor' | 'source' | 'metadata'>): BelongsTo {
  const schedule = source === 'cron' ? metadata?.['schedule'] : undefined;
  return { sender: actor.id, ...(schedule !== undefined && { schedule }) };
}

/** Those with a limit that can count. `priced`: whether any of the models has a price. */
export function sharedScopes(
  { budget }: Config,
  { sender, schedule, tree, goal }: BelongsTo,
  priced: boolean,
): SharedScope[] {
  const scopes: (readonly [string, Exclude<keyof Config['budget'], 'turn' | 'goal'>])[] = [
    ['day', 'day'],
    ['month', 'month'],
    ...(sender === undefined ? [] : ([[`sender:${sender}`, 'sender']] as const)),
    ...(schedule === undefined ? [] : ([[`schedule:${schedule}`, 'schedule']] as const)),
    ...(tree === undefined ? [] : ([[`tree:${tree}`, 'session']] as const)),
  ];
  const shared = scopes.map(([scope, section]): SharedScope => ({ scope, limits: limitsIn(budget[section], priced) }));
  if (goal) {
    const { id, ...what } = goal;
    shared.push({ scope: `goal:${id}`, ...what });
  }
  return shared.filter(({ limits }) => Object.keys(limits).length > 0);
}

/** 0 is no limit. */
export function limitsIn({ calls, tokens, cost, wall }: Config['budget']['day'], priced = true): SharedLimits {
  const wall_ms = parseDuration(wall)!;
  return {
    ...(calls > 0 && { calls }),
    ...(tokens > 0 && { tokens }),
    ...(cost > 0 && priced && { cost_micro_usd: Math.round(cost * MICRO) }),
    ...(wall_ms > 0 && { wall_ms }),
  };
}

/** `day` of `day`, `sender` of `sender:ann`. */
export function kindOf(scope: string): string {
  return scope.split(':', 1)[0]!;
}

/** The key in the configuration by which its limits are set. */
export function sectionOf(kind: string): string {
  return kind === 'tree' ? 'session' : kind;
}

/** The name under which it is counted on this day: senders and schedules have each day anew. */
export function budgetOf(scope: string, day: string): string {
  const kind = kindOf(scope);
  const rest = scope.slice(kind.length);
  if (isOfSessions(kind)) return scope;
  return `${kind}:${kind === 'month' ? day.slice(0, 7) : day}${rest}`;
}

/** Of a tree of sessions, or of a goal in it: it knows no days, and goes on into the next month. */
export function isOfSessions(kind: string): boolean {
  return kind === 'tree' || kind === 'goal';
}

/** May it still count on this day? Days themselves are few, and a clock may be set back; senders may be many. */
export function mayCount(budget: string, day: string): boolean {
  const [kind, date = ''] = budget.split(':');
  return (kind !== 'sender' && kind !== 'schedule') || date >= day;
}

/** Whose it is, for people. */
export function ownerName(of: string): string {
  return of === 'tree' ? 'session and its children' : of;
}
