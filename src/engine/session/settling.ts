/** What an entry tells the ledger of shared budgets: the ledger settles as the shadow of the journal. */
import type { Entry } from '../../contract/entries.ts';
import type { Budget } from '../../contract/ports.ts';
import { chargeOf } from '../../kernel/budget/budget.ts';
import type { State } from '../../kernel/turn/state.ts';

export type Settlement = (budget: Budget) => Promise<void>;

/** `before` and `after`: the state around the entry. Undefined: it says nothing to the ledger. */
export function settlementOf(before: State, entry: Entry, after: State): Settlement | undefined {
  const { session, turn } = before;
  if (!session || !turn || turn.manifest.rules.shared_scopes.length === 0) return undefined;
  if (entry.type === 'turn.ended') return (budget) => budget.ended(session.id, turn.active_ms);
  if ((entry.type !== 'model.replied' && entry.type !== 'model.failed') || !turn.ask.reserved) return undefined;
  const charge = chargeOf(entry, turn.ask.reserve);
  const sent = entry.type === 'model.replied' || !wasNotSent(entry.data);
  const { active_ms } = after.turn ?? turn;
  return (budget) => budget.settle(session.id, { ...charge, sent, active_ms });
}

/** Only what was cancelled, given up or held back before it was sent says so itself that it used nothing. */
export function wasNotSent({ class: failure, usage }: Extract<Entry, { type: 'model.failed' }>['data']): boolean {
  const nothing = usage !== undefined && usage.input + usage.output + usage.cached === 0;
  return nothing && (failure === 'aborted' || failure === 'invalid_request' || failure === 'overload');
}
