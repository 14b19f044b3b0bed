/** What a one-shot run shows of its session: each event once and in order, whichever process does the work. */
import type { EventStatus, Host } from '../contract/host.ts';
import type { StreamEvent } from '../contract/stream.ts';
import { entriesBehind } from './stream.ts';
import type { Workspace } from './wire.ts';

/** How long the last events of a turn that has ended may take to arrive; then they are read. */
const LAST_EVENTS_MS = 5000;
const PAGE = 200;

export interface RunStream {
  /** Shows what happens in the session, from the last event that was shown on. */
  follow(host: Host): void;
  close(): void;
  /** Resolves when everything up to there was shown. */
  caughtUp(host: Host, status: EventStatus): Promise<void>;
}

export function createRunStream(
  { store, clock }: Workspace,
  session_id: string,
  after: number,
  onEvent: (event: StreamEvent) => void,
): RunStream {
  let seq = after;
  let watch: { close(): void } | undefined;
  let arrived = (): void => {};

  function show(event: StreamEvent): void {
    seq = Math.max(seq, event.seq);
    onEvent(event);
  }

  /** The owner may go before all that it told has come; the journal has it. */
  async function showRest(last: number): Promise<void> {
    for (let more = seq < last; more;) {
      const page = await entriesBehind(store.journal, session_id, seq, PAGE);
      for (const event of page.entries) if (event.seq <= last) show(event);
      more = page.has_more && seq < last;
    }
  }

  return {
    follow(host) {
      watch?.close();
      watch = host.watch(session_id, seq, {
        onEvent(event) {
          show(event);
          arrived();
        },
      });
    },
    close: () => watch?.close(),
    async caughtUp(host, { seq: last = 0 }) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.at(clock.now() + LAST_EVENTS_MS, resolve);
      arrived = () => {
        if (seq >= last) resolve();
      };
      arrived();
      await Promise.race([promise, host.lost]);
      cancel();
      watch?.close();
      await showRest(last);
    },
  };
}
