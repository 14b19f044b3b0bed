/** Those who are being answered for long, as with a stream: whose token is taken back is cut off. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../base/clock.ts';

export interface Readers {
  watch(request: IncomingMessage, response: ServerResponse): void;
  /** Nobody is looked after any more. */
  close(): void;
}

/** How often it is looked at (ms). */
const EVERY_MS = 2000;

/** `check` throws for who may not ask any more. */
export function watchReaders(check: (request: IncomingMessage) => unknown, clock: Clock): Readers {
  const readers = new Map<ServerResponse, IncomingMessage>();
  let cancel: (() => void) | undefined;

  function look(): void {
    for (const [response, request] of readers) {
      try {
        check(request);
      } catch {
        response.destroy();
      }
    }
    cancel = readers.size > 0 ? clock.at(clock.now() + EVERY_MS, look) : undefined;
  }

  return {
    watch(request, response) {
      readers.set(response, request);
      response.once('close', () => readers.delete(response));
      cancel ??= clock.at(clock.now() + EVERY_MS, look);
    },
    close() {
      readers.clear();
      cancel?.();
    },
  };
}
