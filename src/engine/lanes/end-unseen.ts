import type { Ingress, Journal } from '../../contract/ports.ts';
import type { IngressEvent } from '../../contract/records.ts';
import { pastEvent } from '../hub/past-events.ts';

/**
 * Ends an accepted message that its session never got. Resolves when that is durable; with false when its journal has it.
 * `mayBeSeen`: nobody knows without a look into the journal.
 */
export async function endUnseen(
  { ingress, journal }: { ingress: Pick<Ingress, 'done' | 'sync'>; journal: Pick<Journal, 'read'> },
  { event_id, session_id }: IngressEvent,
  { outcome, mayBeSeen }: { outcome: string; mayBeSeen: boolean },
): Promise<boolean> {
  if (mayBeSeen && (await pastEvent(journal, session_id, event_id))) return false;
  await ingress.done(event_id, outcome);
  await ingress.sync();
  return true;
}
