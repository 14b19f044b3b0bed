/** No lanes: a process that works only on what it is asked for gives each message to its session at once. */
import type { Lanes, LanesPorts } from './lanes.ts';
import { endUnseen } from './end-unseen.ts';
import { tableOf } from './table-of.ts';
import { workOf } from './work-of.ts';

export function createPassThrough({
  ingress,
  journal,
  sessions,
  onFailed,
}: Pick<LanesPorts, 'ingress' | 'journal' | 'sessions' | 'onFailed'>): Lanes {
  const nothing = async (): Promise<void> => {};
  return {
    reserve: async () => () => {},
    async take(event) {
      await sessions.deliver(event);
    },
    waiting: () => undefined,
    mayEnter: () => true,
    observe: () => {},
    arrived: async () => 'gone',
    async end(event_id, outcome) {
      const event = await ingress.pendingEvent(event_id);
      if (!event) return false;
      let ended = false;
      // In order with whatever gives it to its session.
      await sessions.withdraw(event.session_id, async () => {
        const { turn, queue = [] } = sessionWork(event.session_id) ?? {};
        if (turn?.includes(event_id) || queue.includes(event_id)) return;
        ended = await endUnseen({ ingress, journal }, event, { outcome, mayBeSeen: true });
      });
      return ended;
    },
    position: ({ event_id, session_id }) => Math.max(0, sessionWork(session_id)?.queue.indexOf(event_id) ?? 0),
    table: async () => tableOf(await ingress.pending(), sessionWork),
    recheck: nothing,
    broken: (_, error) => onFailed(error), // it was asked to work on that one
    open: nothing,
    close: nothing,
  };

  function sessionWork(session_id: string): ReturnType<typeof workOf> | undefined {
    const live = sessions.get(session_id);
    return live && sessions.isEntered(session_id) ? workOf(live) : undefined;
  }
}
