/** What became of a reservation that nobody settled, by the journal of its session. */
import type { EntryData } from '../../contract/entries.ts';
import { isDiskFailure, toRuntimeError } from '../../contract/errors.ts';
import type { Journal } from '../../contract/ports.ts';
import type { UsageRecord, UsageReservation } from '../../contract/records.ts';
import { chargeOf } from '../../kernel/budget/budget.ts';
import { wasNotSent } from '../session/settling.ts';

/**
 * In full, unless the journal knows better. Only what stands behind the intent is looked at. Undefined when the disk
 * doesn't give the journal now: then the reservation stays open, and holds what it may cost, until somebody can look.
 */
export async function settlementOfLeft(
  journal: Pick<Journal, 'read'>,
  reservation: UsageReservation,
): Promise<UsageRecord | undefined> {
  const { session, for: attempt, intent, tokens, cost_micro_usd, wall_ms } = reservation;
  const key = { session, for: attempt, intent };
  const found = await answerTo(journal, reservation).catch((thrown: unknown) =>
    isDiskFailure(toRuntimeError(thrown)) ? 'later' : undefined,
  );
  if (found === 'later') return undefined;
  if (found === undefined) {
    // There is no answer, or it is damaged.
    return { type: 'usage.settled', data: { ...key, tokens, cost_micro_usd, wall_ms, in_full: true } };
  }
  return found.released
    ? { type: 'usage.released', data: key }
    : { type: 'usage.settled', data: { ...key, ...found.charge, wall_ms: found.wall_ms } };
}

interface Answer {
  charge: { tokens: number; cost_micro_usd: number };
  wall_ms: number;
  released: boolean;
}

async function answerTo(
  journal: Pick<Journal, 'read'>,
  { session, intent }: UsageReservation,
): Promise<Answer | undefined> {
  let request: { data: EntryData<'model.requested'>; at: number } | undefined;
  let answer: Answer | undefined;
  await journal.read(
    session,
    ({ entry, hash }) => {
      if (answer) return;
      if (entry.type === 'model.requested' && hash === intent.hash) request = entry;
      if (!request || (entry.type !== 'model.replied' && entry.type !== 'model.failed')) return;
      if (entry.data.call_id !== request.data.call_id || entry.data.attempt !== request.data.attempt) return;
      const charge = chargeOf(entry, request.data.reserve);
      const released = entry.type === 'model.failed' && wasNotSent(entry.data);
      answer = { charge, wall_ms: entry.at - request.at, released };
    },
    { after: intent.seq - 1 },
  );
  return answer;
}
