/** What of the accepted events isn't done: those that are pending, and dead letters; each in the segment that holds it. */
import type { DeadLetter, IngressEvent, IngressRecord } from '../contract/records.ts';

export type Mark = Exclude<IngressRecord, { type: 'event.accepted' }>;

export interface OpenEvents {
  /** Segments come in order. An event that was dead is no more. */
  add(event: IngressEvent, segment: number): void;
  /** Did the mark change anything? */
  mark(mark: Mark, at: number): boolean;
  /** Oldest first. */
  pending(): IngressEvent[];
  pendingEvent(event_id: string): IngressEvent | undefined;
  pendingOf(session_id: string): IngressEvent[];
  /** As they were marked. */
  deadLetters(): DeadLetter[];
  /** The first segment that has a pending event, or one that died later than `deadBefore`; Infinity: none has. */
  firstSegment(deadBefore: number): number;
}

export function createOpenEvents(): OpenEvents {
  const pending = new Map<string, { event: IngressEvent; segment: number }>();
  const bySession = new Map<string, Map<string, IngressEvent>>();
  const dead = new Map<string, { letter: DeadLetter; segment: number }>();

  function settle(event_id: string): { event: IngressEvent; segment: number } | undefined {
    const known = pending.get(event_id);
    if (known === undefined) return undefined;
    pending.delete(event_id);
    const { session_id } = known.event;
    const own = bySession.get(session_id)!;
    own.delete(event_id);
    if (own.size === 0) bySession.delete(session_id);
    return known;
  }

  return {
    add(event, segment) {
      const { event_id, session_id } = event;
      dead.delete(event_id);
      settle(event_id);
      pending.set(event_id, { event, segment });
      const own = bySession.get(session_id) ?? new Map<string, IngressEvent>();
      bySession.set(session_id, own.set(event_id, event));
    },
    mark({ type, data }, at) {
      const { event_id } = data;
      const known = settle(event_id);
      if (known === undefined) return type === 'event.done' && dead.delete(event_id);
      const { event, segment } = known;
      if (type === 'event.dead') dead.set(event_id, { letter: { event, why: data.why, at }, segment });
      return true;
    },
    pending: () => [...pending.values()].map(({ event }) => event),
    pendingEvent: (event_id) => pending.get(event_id)?.event,
    pendingOf: (session_id) => [...(bySession.get(session_id)?.values() ?? [])],
    deadLetters: () => [...dead.values()].map(({ letter }) => letter),
    firstSegment(deadBefore) {
      let [{ segment: first = Infinity } = {}] = pending.values();
      for (const { letter, segment } of dead.values()) if (letter.at > deadBefore) first = Math.min(first, segment);
      return first;
    },
  };
}
