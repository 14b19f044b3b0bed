/** Which entry types are decisions, derived by the kernel, and which are observations, told by the world. */
import type { DecisionType, EntryType } from './entries.ts';

const KINDS: Record<EntryType, 'decision' | 'observation'> = {
  'session.created': 'observation',
  'session.opened': 'observation',
  'session.forked': 'observation',
  'policy.changed': 'observation',
  'session.configured': 'observation',
  'input.received': 'observation',
  'turn.started': 'observation',
  'plan.made': 'decision',
  'model.requested': 'decision',
  'budget.reserved': 'observation',
  'budget.refused': 'observation',
  'model.replied': 'observation',
  'model.failed': 'observation',
  'call.inspected': 'observation',
  'policy.decided': 'decision',
  'approval.requested': 'decision',
  'approval.resolved': 'observation',
  'call.started': 'decision',
  'call.finished': 'observation',
  'call.refused': 'decision',
  'call.abandoned': 'decision',
  'child.started': 'decision',
  'child.finished': 'observation',
  'check.requested': 'decision',
  'timer.fired': 'observation',
  'turn.reflected': 'decision',
  'context.compacted': 'observation',
  'reply.made': 'decision',
  'reply.settled': 'observation',
  'turn.ended': 'decision',
  'files.undone': 'observation',
};

const TYPES: ReadonlyMap<string, EntryType> = new Map(Object.keys(KINDS).map((type) => [type, type as EntryType]));

/** Is it a type that this build knows? */
export function isEntryType(type: string): type is EntryType {
  return TYPES.has(type);
}

/**
 * The type of this name, as the one string that it is everywhere: one that was cut out of a line would be compared letter by
 * letter, wherever something is chosen by it.
 */
export function entryTypeOf(name: string): EntryType | undefined {
  return TYPES.get(name);
}

export function isDecision(type: EntryType): type is DecisionType {
  return KINDS[type] === 'decision';
}

/** Intents start an effect; they may be postponed, and are then derived anew. */
export function isIntent(type: EntryType): boolean {
  return type === 'model.requested' || type === 'call.started' || type === 'child.started';
}
