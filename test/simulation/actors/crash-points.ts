/** The crash points of the product, by name (docs/testing.md). */
import type { Dice } from '../../../src/kernel/testing/dice.ts';

const AROUND_WRITES = [
  'input.received', 'turn.started', 'model.requested', 'model.replied', 'call.inspected', 'policy.decided',
  'approval.requested', 'approval.resolved', 'call.started', 'call.finished', 'turn.reflected', 'reply.made',
  'turn.ended', 'session.created', 'session.opened',
] as const; // prettier-ignore
const SYNCED = ['turn.ended', 'call.started', 'approval.requested', 'approval.resolved', 'session.opened'] as const;

export function takesWhich(dice: Dice): string {
  const kind = dice.pick(['after-effect', 'append', 'sync', 'before-effect', 'before-ack', 'append', 'sync'] as const);
  if (kind !== 'append' && kind !== 'sync') return kind;
  const when = dice.pick(['before', 'after'] as const);
  return `${when}-${kind}-${kind === 'append' ? dice.pick(AROUND_WRITES) : dice.pick(SYNCED)}`;
}
