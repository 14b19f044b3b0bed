import type { IngressEvent } from '../../contract/records.ts';
import type { SessionWork } from './queued.ts';
import { createScheduler, type QueueRow } from './scheduler.ts';

/** The table where nobody keeps one: `pending` in the order of a lane, and what the sessions that are open do. */
export function tableOf(
  pending: readonly IngressEvent[],
  workOf: (session_id: string) => SessionWork | undefined = () => undefined,
): QueueRow<IngressEvent>[] {
  const scheduler = createScheduler<IngressEvent>({ interactive: 0, background: 0, sender: 0 });
  for (const event of pending) scheduler.add(event);
  for (const id of new Set(pending.map(({ session_id }) => session_id))) {
    const work = workOf(id);
    if (work) scheduler.observe(id, work);
  }
  return scheduler.table();
}
