/**
 * `GET /v1/sessions/{id}/stream`. A reader is first given what the journal holds, page by page and as fast as it takes
 * it; then it is live: told by the host, through a bounded queue. When that overflows, deltas are dropped; when entries
 * alone are too many, the reader goes back to the journal. So a slow reader costs little and misses no entry.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Host } from '../../contract/host.ts';
import type { EntryEvent } from '../../contract/stream.ts';
import { createFrameQueue, createFrames, type QueueLimits, signFrame } from './event-frames.ts';
import { type EventSink, openSink, type SinkLimits } from './event-sink.ts';

/** Entries of a session behind `after`, at most `limit` (it may give fewer). @throws RuntimeError not_found */
export type ReadEntries = (
  session_id: string,
  after: Seq,
  limit: number,
) => Promise<{ entries: EntryEvent[]; has_more: boolean }>;

/** The last entry of a session on which somebody works, or has a short while ago; undefined of all others. */
export type LiveSeq = (session_id: string) => Seq | undefined;

export interface StreamLimits extends SinkLimits {
  queue: QueueLimits;
}

export const STREAM_LIMITS: StreamLimits = {
  heartbeatMs: 15_000,
  stallMs: 60_000,
  queue: { events: 1000, bytes: 8 * 1024 * 1024 },
};

const PAGE = 200;

export interface StreamRequest {
  session_id: string;
  /** Behind this seq, or behind the entry that has this id. */
  from: { after: Seq } | { last_event_id: string };
}

export interface EventStreams {
  /** Resolves when the stream has ended. Nothing may have been answered yet. */
  serve(response: ServerResponse, request: StreamRequest): Promise<void>;
  /** Ends all when they have been given what is on its way; with `event: handover` where the host leaves in order. */
  close(handover: boolean): void;
}

export function createEventStreams(
  host: Host,
  ports: { clock: Clock; entries: ReadEntries; limits: StreamLimits; liveSeq?: LiveSeq },
): EventStreams {
  const { clock, entries, limits, liveSeq = () => undefined } = ports;
  const frameOf = createFrames();
  const wakers = new Set<() => void>();
  let closing: { handover: boolean } | undefined;

  /** Gives what the journal holds. Resolves with the seq that the reader has now. */
  async function catchUp(sink: EventSink, session_id: string, after: Seq): Promise<Seq> {
    let at = after;
    for (let more = true; more && !closing && !sink.gone;) {
      const page = await pageOf(session_id, at);
      for (const entry of page.entries) {
        if (closing || !(await sink.write(frameOf(entry).bytes))) return at;
        at = entry.seq;
      }
      more = page.has_more;
    }
    return at;
  }

  async function pageOf(session_id: string, after: Seq): ReturnType<ReadEntries> {
    try {
      return await entries(session_id, after, PAGE);
    } catch {
      // Not there yet, or no more, or damaged: whoever works on the session tells.
      return { entries: [], has_more: false };
    }
  }

  /** Gives what comes. Resolves with the reader's seq when it is too slow for that; undefined: the stream is over. */
  async function live(sink: EventSink, session_id: string, after: Seq): Promise<Seq | undefined> {
    const queue = createFrameQueue(limits.queue);
    let at = after;
    let tooSlow = false;
    let ended = false;
    let wake = (): void => {};
    const waker = (): void => wake();
    wakers.add(waker);
    const watch = host.watch(session_id, after, {
      onEvent(event) {
        tooSlow ||= !queue.push(frameOf(event));
        wake();
      },
      onEnd() {
        ended = true;
        wake();
      },
      onReset() {
        tooSlow ||= !queue.push({ bytes: signFrame('reset'), seq: 0 });
      },
    });
    try {
      while (!tooSlow) {
        const frame = queue.shift();
        if (frame) {
          if (!(await sink.write(frame.bytes))) return undefined;
          at = frame.seq ?? at;
        } else if (ended || closing || sink.gone) {
          sink.end(ended ? signFrame('end') : closing?.handover ? signFrame('handover') : undefined);
          return undefined;
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
      return at;
    } finally {
      wakers.delete(waker);
      watch.close();
    }
  }

  return {
    async serve(response, { session_id, from }) {
      const start = await startOf(entries, session_id, from);
      const wakeAll = (): void => wakers.forEach((wake) => wake());
      const sink = openSink(response, clock, limits, wakeAll);
      if (start.reset) await sink.write(signFrame('reset'));
      // Thousands may come who have all: for them nothing is read.
      const hasAll = start.after >= (liveSeq(session_id) ?? Infinity);
      let at: Seq | undefined = hasAll ? start.after : await catchUp(sink, session_id, start.after);
      while (at !== undefined) {
        const behind = await live(sink, session_id, at);
        at = behind === undefined ? undefined : await catchUp(sink, session_id, behind);
        // What can't be read (a damaged journal) would be tried for ever.
        if (at !== undefined && at === behind) return sink.end();
      }
    },
    close(handover) {
      closing = { handover };
      for (const wake of wakers) wake();
    },
  };
}

/** An id that the journal doesn't hold: the reader begins anew. */
async function startOf(
  entries: ReadEntries,
  session_id: string,
  from: StreamRequest['from'],
): Promise<{ after: Seq; reset: boolean }> {
  if ('after' in from) return { after: from.after, reset: false };
  const seq = Number(/^(\d{1,15})-[0-9a-f]+$/.exec(from.last_event_id)?.[1] ?? 0);
  if (seq > 0) {
    const found = await entries(session_id, seq - 1, 1).catch(() => undefined);
    if (found?.entries[0]?.id === from.last_event_id) return { after: seq, reset: false };
  }
  return { after: 0, reset: true };
}
