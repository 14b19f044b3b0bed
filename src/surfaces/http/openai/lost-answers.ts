/**
 * Messages whose answer was cut off by the connection. OpenAI's clients then repeat a request by themselves, and say so, but
 * send no key by which it could be known: the repeated one is given to the message that it is most likely about.
 */
import type { Clock } from '../../../base/clock.ts';
import type { MessageId } from './response-id.ts';

export interface LostAnswers {
  /**
   * `request`: a digest of all that makes a request another one. Without a message it was answered, and not accepted:
   * what repeats it is about no message.
   */
  add(request: string, message: MessageId | undefined): void;
  /** Takes what came last of it. */
  take(request: string): MessageId | undefined;
}

const MOST = 1000;
/** Longer than clients go on trying. */
const REMEMBERED_MS = 15 * 60 * 1000;

export function createLostAnswers(clock: Clock): LostAnswers {
  /** Oldest first. */
  let lost: { request: string; message: MessageId | undefined; at: number }[] = [];
  return {
    add(request, message) {
      const now = clock.now();
      lost = lost.filter(({ at }) => at > now - REMEMBERED_MS).slice(1 - MOST);
      lost.push({ request, message, at: now });
    },
    take(request) {
      const since = clock.now() - REMEMBERED_MS;
      const found = lost.findLastIndex((one) => one.request === request && one.at > since);
      return found < 0 ? undefined : lost.splice(found, 1)[0]!.message;
    },
  };
}
