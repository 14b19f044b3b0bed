/** Append, then act: which entries must be durable before what follows from them. */
import type { Entry } from '../../contract/entries.ts';
import { isGuarded, type State } from '../../kernel/turn/state.ts';

/**
 * Whether something outward follows from the entry: an answer to a caller, or an effect that can't be taken back.
 * Model requests and reads aren't: at worst they are repeated after a power cut.
 */
export function mustBeDurable(entry: Entry, state: State): boolean {
  switch (entry.type) {
    case 'turn.ended':
    case 'approval.requested':
    case 'approval.resolved':
    case 'policy.changed':
    case 'session.opened':
    case 'session.forked':
    case 'files.undone':
    case 'child.started':
      return true;
    case 'session.configured': {
      const { pin, unpin, trust, revoke } = entry.data;
      return [pin, unpin, trust, revoke].some((change) => change !== undefined);
    }
    case 'input.received':
      return entry.data.mode === 'stop';
    case 'call.started': {
      const call = state.turn?.calls.find((one) => one.call_id === entry.data.call_id);
      return call === undefined || isGuarded(call.effect);
    }
    default:
      return false;
  }
}
