/**
 * Watches a session over streams that may break: what follows is asked for anew, behind the last entry that was given.
 * So a listener is given each entry once, in order and without a gap, as long as the owner lives.
 */
import type { Clock } from '../../base/clock.ts';
import type { Seq } from '../../contract/entries.ts';
import { type ErrorCode, RuntimeError } from '../../contract/errors.ts';
import type { Watch, WatchListener } from '../../contract/host.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import type { Requests } from './requests.ts';

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 2000;
const REFUSED: ReadonlySet<ErrorCode> = new Set(['invalid_id', 'invalid_request', 'unauthenticated']);
/** The owner gives a sign of life every 15 s. */
const SILENCE_MS = 45_000;

export function openWatch(
  requests: Requests,
  clock: Clock,
  session_id: string,
  after: Seq,
  listener: WatchListener,
): Watch {
  /** The last entry that was given; `id` is known when it came from here. */
  let last: { seq: Seq; id?: string } = { seq: after };
  let waitMs = FIRST_WAIT_MS;
  let stream: { close(): void } | undefined;
  let cancelWait = (): void => {};
  let closed = false;

  const close = (): void => {
    closed = true;
    cancelWait();
    stream?.close();
  };

  const again = (error?: Error): void => {
    stream?.close();
    // What the owner will never take isn't asked for again.
    if (error instanceof RuntimeError && REFUSED.has(error.code)) closed = true;
    if (closed) return;
    cancelWait = clock.at(clock.now() + waitMs, open);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  };

  function open(): void {
    const path = `/v1/sessions/${encodeURIComponent(session_id)}/stream?absent=wait&after=${last.seq}`;
    stream = requests.stream(
      path,
      { onEvent: ({ event, data }) => take(event, data), onEnd: again },
      { silenceMs: SILENCE_MS, ...(last.id !== undefined && { headers: { 'last-event-id': last.id } }) },
    );
  }

  function take(kind: string | undefined, data: string): void {
    waitMs = FIRST_WAIT_MS;
    switch (kind) {
      case 'end':
        close();
        return listener.onEnd?.();
      case 'handover':
        return; // its attachment says the same, and ends every watch
      case 'reset':
        // Without a listener for it the entries go on where they were.
        last = { seq: listener.onReset ? 0 : last.seq };
        return listener.onReset?.();
      default:
        return give(JSON.parse(data) as StreamEvent);
    }
  }

  function give(event: StreamEvent): void {
    if (event.id !== null) {
      if (event.seq <= last.seq) return;
      // A gap would be a defect of the owner: rather ask again than leave something out.
      if (event.seq > last.seq + 1) return again();
      last = { seq: event.seq, id: event.id };
    }
    listener.onEvent(event);
  }

  open();
  return { close };
}
