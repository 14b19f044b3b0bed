/** Looks at the sessions of the steps that run, as long as they do. */
import type { Host, Watch } from '../../contract/host.ts';
import type { StreamEvent } from '../../contract/stream.ts';

export interface StepWatches {
  /** Goes on with this host, behind what was told. */
  follow(host: Pick<Host, 'watch'>): void;
  /** Looks at these sessions, and at no other. */
  keep(sessions: readonly string[]): void;
  close(): void;
}

interface Watched {
  /** Of the last entry that was told. */
  seq: number;
  watch: Watch | undefined;
}

export function createStepWatches(onEvent: (session_id: string, event: StreamEvent) => void): StepWatches {
  const watched = new Map<string, Watched>();
  let host: Pick<Host, 'watch'> | undefined;

  function look(session_id: string, one: Watched): void {
    one.watch?.close();
    one.watch = host?.watch(session_id, one.seq, {
      onEvent(event) {
        if (watched.get(session_id) !== one) return;
        if (event.id !== null) one.seq = event.seq;
        onEvent(session_id, event);
      },
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
    close() {
      for (const { watch } of watched.values()) watch?.close();
      watched.clear();
    },
  };
}
