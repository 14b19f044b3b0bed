/** The queue as people see it: what isn't done, lane by lane, and the dead letters; trying those again, and dropping. */
import { RuntimeError } from '../../contract/errors.ts';
import type { QueueItem } from '../../contract/host.ts';
import type { Ingress } from '../../contract/ports.ts';
import type { DeadLetter, IngressEvent } from '../../contract/records.ts';
import { matchingId } from '../matching-id.ts';
import { ACTS, type Principal, requireRole } from '../principal.ts';
import { titleOf } from '../sessions.ts';
import type { Lanes } from './lanes.ts';
import type { QueueRow } from './scheduler.ts';

export interface QueueActs {
  list(): Promise<QueueItem[]>;
  /** @throws RuntimeError not_found | ambiguous_id */
  find(id: string): Promise<QueueItem>;
  retry(id: string, by: Principal): Promise<QueueItem>;
  drop(id: string, by: Principal): Promise<QueueItem>;
}

export interface QueueActsPorts {
  lanes: Lanes;
  ingress: Pick<Ingress, 'deadLetters' | 'revive' | 'done' | 'sync'>;
  /** Is what is accepted again worked on at once? */
  takesAll: boolean;
}

export function createQueueActs({ lanes, ingress, takesAll }: QueueActsPorts): QueueActs {
  const list = async (): Promise<QueueItem[]> => queueItems(await lanes.table(), await ingress.deadLetters());
  const find = async (id: string): Promise<QueueItem> => findQueued(await list(), id);

  return {
    list,
    find,
    async retry(id, by) {
      requireRole(by, ACTS.retryDead);
      const { event_id, lane, state } = await find(id);
      if (state !== 'dead')
        throw new RuntimeError('not_found', `Message ${event_id} is no dead letter: it is ${state}.`);
      const freePlace = await lanes.reserve(lane);
      try {
        const event = await ingress.revive(event_id);
        if (event && takesAll) await lanes.take(event, { isNew: false });
      } finally {
        freePlace();
      }
      return find(event_id);
    },
    async drop(id, by) {
      requireRole(by, ACTS.dropQueued);
      const item = await find(id);
      const { event_id, session_id } = item;
      if (item.state === 'dead') {
        await ingress.done(event_id, 'dropped');
        await ingress.sync();
      } else if (!(await lanes.end(event_id, 'dropped'))) {
        const message = `Session ${session_id} has message ${event_id} already.`;
        throw new RuntimeError('message_begun', message, { id: session_id });
      }
      return item;
    },
  };
}

/** The whole queue, dead letters last. */
export function queueItems(rows: readonly QueueRow<IngressEvent>[], dead: readonly DeadLetter[]): QueueItem[] {
  return [
    ...rows.map(({ event, state, position }): QueueItem => ({ ...itemOf(event), state, position })),
    ...dead.map(({ event, why, at }): QueueItem => ({
      ...itemOf(event),
      state: 'dead',
      position: 0,
      why,
      dead_at: at,
    })),
  ];
}

/** @throws RuntimeError not_found | ambiguous_id */
export function findQueued(items: readonly QueueItem[], id: string): QueueItem {
  const found = matchingId(items, id, ({ event_id }) => event_id);
  if (found) return found;
  throw new RuntimeError('not_found', `No message ${id} waits, runs or is dead.`, {
    next: 'See `runtime queue ls`; the id, or 6 or more characters from its beginning.',
  });
}

function itemOf(event: IngressEvent): Omit<QueueItem, 'state' | 'position'> {
  const { event_id, session_id, lane, priority = 0, actor, source, accepted_at, metadata } = event;
  return {
    event_id,
    session_id,
    lane,
    priority,
    actor: actor.id,
    source,
    accepted_at,
    title: titleOf(event),
    ...(metadata !== undefined && { metadata }),
  };
}
