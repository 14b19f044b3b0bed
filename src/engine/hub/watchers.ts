/** Who looks at a session: each gets its entries in order, each once, and between them what is ephemeral. */
import type { Watch, WatchListener } from '../../contract/host.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Journal } from '../../contract/ports.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import { createTurnCounter, entryEvent, turnBehind } from '../stream.ts';

export interface Watchers {
  /** `seq`: the session's last entry, where it is live. What is in the file already is read from there. */
  add(session_id: string, after: Seq, listener: WatchListener, seq: Seq | undefined): Watch;
  /** Tells what has just happened in a live session. */
  tell(session_id: string, event: StreamEvent): void;
  /** The session is gone. */
  end(session_id: string): void;
  count(session_id: string): number;
}

interface Watcher {
  listener: WatchListener;
  /** Of the last entry that it was given. */
  seq: Seq;
  /** What came while the file was read; undefined when that is done. */
  held: StreamEvent[] | undefined;
}

export function createWatchers(journal: Pick<Journal, 'read'>): Watchers {
  const watchers = new Map<string, Set<Watcher>>();

  function give(watcher: Watcher, event: StreamEvent): void {
    if (event.id !== null) {
      if (event.seq <= watcher.seq) return;
      watcher.seq = event.seq;
    }
    watcher.listener.onEvent(event);
  }

  async function readBehind(session_id: string, watcher: Watcher, active: () => boolean): Promise<void> {
    const { seq } = watcher;
    try {
      const turnOf = createTurnCounter(await turnBehind(journal, session_id, seq));
      await journal.read(
        session_id,
        (stored) => {
          if (active()) give(watcher, entryEvent(session_id, stored, turnOf(stored)));
        },
        { after: seq },
      );
    } finally {
      const held = watcher.held ?? [];
      watcher.held = undefined;
      if (active()) for (const event of held) give(watcher, event);
    }
  }

  return {
    add(session_id, after, listener, seq) {
      const behind = seq === undefined || seq > after;
      const watcher: Watcher = { listener, seq: after, held: behind ? [] : undefined };
      const all = watchers.get(session_id) ?? new Set();
      watchers.set(session_id, all.add(watcher));
      // What can't be read any more is told by whoever works on the session.
      if (behind) void readBehind(session_id, watcher, () => all.has(watcher)).catch(() => {});
      return {
        close() {
          all.delete(watcher);
          if (all.size === 0 && watchers.get(session_id) === all) watchers.delete(session_id);
        },
      };
    },
    tell(session_id, event) {
      for (const watcher of watchers.get(session_id) ?? []) {
        if (watcher.held) watcher.held.push(event);
        else give(watcher, event);
      }
    },
    end(session_id) {
      const all = watchers.get(session_id) ?? [];
      watchers.delete(session_id);
      for (const { listener } of all) listener.onEnd?.();
    },
    count: (session_id) => watchers.get(session_id)?.size ?? 0,
  };
}
