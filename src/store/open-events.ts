/** What of the accepted events isn't done: those that are pending, and dead letters; each in the segment that holds it. */
import type { DeadLetter, IngressEvent, IngressRecord } from '../contract/records.ts';

export type Mark = Exclude<IngressRecord, { type: 'event.accepted' }>;

export interface OpenEvents {
  /** Segments come in order. An event that was dead is no more. Nobody sees it before `show`. */
  add(event: IngressEvent, segment: number): void;
  /** All that was added is durable. */
  show(): void;
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

interface Pending {
  event: IngressEvent;
  segment: number;
  /** The how manieth that was added. */
  nth: number;
}

export function createOpenEvents(): OpenEvents {
  const pending = new Map<string, Pending>();
  const bySession = new Map<string, Map<string, Pending>>();
  const dead = new Map<string, { letter: DeadLetter; segment: number }>();

  let added = 0;
  let shown = 0;

  const seen = (events: Iterable<Pending>): IngressEvent[] =>
    [...events].flatMap(({ event, nth }) => (nth <= shown ? [event] : []));

  function settle(event_id: string): Pending | undefined {
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
      const one: Pending = { event, segment, nth: ++added };
      pending.set(event_id, one);
      const own = bySession.get(session_id);
      if (own) own.set(event_id, one);
      else bySession.set(session_id, new Map([[event_id, one]]));
    },
    show() {
      shown = added;
    },
    mark({ type, data }, at) {
      const { event_id } = data;
      const known = settle(event_id);
      if (known === undefined) return type === 'event.done' && dead.delete(event_id);
      const { event, segment } = known;
      if (type === 'event.dead') dead.set(event_id, { letter: { event, why: data.why, at }, segment });
      return true;
    },
    pending: () => seen(pending.values()),
    pendingEvent(event_id) {
      const one = pending.get(event_id);
      return one && one.nth <= shown ? one.event : undefined;
    },
    pendingOf: (session_id) => seen(bySession.get(session_id)?.values() ?? []),
    deadLetters: () => [...dead.values()].map(({ letter }) => letter),
    firstSegment(deadBefore) {
      let [{ segment: first = Infinity } = {}] = pending.values();
      for (const { letter, segment } of dead.values()) if (letter.at > deadBefore) first = Math.min(first, segment);
      return first;
    },
  };
}
