/** Looks at the sessions of the steps that run, as long as they do. */
import type { Host, Watch } from '../../contract/host.ts';
import type { StreamEvent } from '../../contract/stream.ts';

export interface StepWatches {
  /** Goes on with this host, behind what was told. */
  follow(host: Pick<Host, 'watch'>): void;
  /** Looks at these sessions, and at no other. */
  keep(sessions: readonly string[]): void;
  /** Tells what stands in the journals of these sessions and didn't come yet. */
  catchUp(read: ReadBehind): Promise<void>;
  close(): void;
}

/** Gives the entries of a session behind a seq. */
export type ReadBehind = (session_id: string, after: number) => Promise<readonly StreamEvent[]>;

interface Watched {
  /** Of the last entry that was told. */
  seq: number;
  watch: Watch | undefined;
}

export function createStepWatches(onEvent: (session_id: string, event: StreamEvent) => void): StepWatches {
  const watched = new Map<string, Watched>();
  let host: Pick<Host, 'watch'> | undefined;

  function take(session_id: string, one: Watched, event: StreamEvent): void {
    if (watched.get(session_id) !== one) return;
    if (event.id !== null) {
      if (event.seq <= one.seq) return;
      one.seq = event.seq;
    }
    onEvent(session_id, event);
  }

  function look(session_id: string, one: Watched): void {
    one.watch?.close();
    one.watch = host?.watch(session_id, one.seq, {
      onEvent: (event) => take(session_id, one, event),
      onReset() {
        one.seq = 0;
      },
    });
  }

  return {
    follow(next) {
      host = next;
      for (const [session_id, one] of watched) look(session_id, one);
    },
    keep(sessions) {
      const wanted = new Set(sessions);
      for (const [session_id, { watch }] of watched) {
        if (wanted.has(session_id)) continue;
        watch?.close();
        watched.delete(session_id);
      }
      for (const session_id of wanted) {
        if (watched.has(session_id)) continue;
        const one: Watched = { seq: 0, watch: undefined };
        watched.set(session_id, one);
        look(session_id, one);
      }
    },
    async catchUp(read) {
      for (const [session_id, one] of watched) {
        for (const event of await read(session_id, one.seq)) take(session_id, one, event);
      }
    },
    close() {
      for (const { watch } of watched.values()) watch?.close();
      watched.clear();
    },
  };
}
