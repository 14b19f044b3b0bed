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
  const closed = Promise.withResolvers<undefined>();

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
      let cancel = (): void => {};
      const late = new Promise<undefined>((resolve) => {
        cancel = clock.at(clock.now() + ms, () => resolve(undefined));
      });
      try {
        return await Promise.race([waitFor(event_id), late, left.then(() => undefined), closed.promise]);
      } finally {
        cancel();
      }
    },
    close: () => closed.resolve(undefined),
  };
}
