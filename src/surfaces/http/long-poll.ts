/** Waits for messages to settle, for many callers and no longer than each of them wants. */
import type { Clock } from '../../base/clock.ts';
import type { EventStatus, Host } from '../../contract/host.ts';

export interface LongPoll {
  /** What became of the message; undefined when that isn't known within `ms`, or `left` resolves. */
  settled(event_id: string, ms: number, left: Promise<void>): Promise<EventStatus | undefined>;
  /** No one waits any longer. */
  close(): void;
}

export function createLongPoll(host: Host, clock: Clock): LongPoll {
  /** The host is asked once for a message, however many ask and however often they ask again. */
  const waits = new Map<string, Promise<EventStatus>>();
  /** Of those who wait. A promise that all of them raced with would keep what each was answered. */
  const giveUp = new Set<() => void>();
  let closed = false;

  function waitFor(event_id: string): Promise<EventStatus> {
    const known = waits.get(event_id);
    if (known) return known;
    const wait = host.settled(event_id);
    waits.set(event_id, wait);
    const forget = (): void => void waits.delete(event_id);
    wait.then(forget, forget);
    return wait;
  }

  return {
    async settled(event_id, ms, left) {
      if (closed) return undefined;
      const { promise: over, resolve } = Promise.withResolvers<undefined>();
      const end = (): void => resolve(undefined);
      const cancel = clock.at(clock.now() + ms, end);
      giveUp.add(end);
      void left.then(end);
      try {
        return await Promise.race([waitFor(event_id), over]);
      } finally {
        cancel();
        giveUp.delete(end);
      }
    },
    close() {
      closed = true;
      for (const end of giveUp) end();
    },
  };
}
