/**
 * A session as it goes on, whoever works on it: told by the process that owns the workspace as long as there is one, else
 * read from the file as it grows. Owners may come and go; each entry is given once, in order.
 */
import { RuntimeError } from '../../contract/errors.ts';
import type { EntryData } from '../../contract/entries.ts';
import type { Host } from '../../contract/host.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import { createTurnCounter, entryEvent } from '../../engine/stream.ts';
import type { Workspace } from '../../engine/wire.ts';
import { joinOwner } from './owner.ts';

export interface FollowListener {
  onEvent(event: StreamEvent): void;
  /** What was given doesn't stand in the journal any more: all entries follow, from the first. */
  onReset(): void;
}

export interface Following {
  /** Resolves when the session was removed, or after `close`. @throws RuntimeError when it can't be read any more */
  ended: Promise<'removed' | 'closed'>;
  /** No listener is called any more. */
  close(): void;
}

/** How often the file is looked at where nobody tells what happens, and how often such a somebody is looked for. */
const LOOK_MS = 200;
const JOIN_MS = 1000;

/** `shown`: the events that were shown already, from the session's first on; without any it may have to begin yet. */
export function followSession(
  workspace: Workspace,
  session_id: string,
  shown: readonly StreamEvent[],
  listener: FollowListener,
): Following {
  const { store, clock } = workspace;
  const ended = Promise.withResolvers<'removed' | 'closed'>();
  let at: Place = shown.reduce(behind, START);
  let wasThere = shown.length > 0;
  let host: Host | undefined;
  let joinAt = clock.now();
  let cancel = (): void => {};
  let closed = false;

  function end(how: 'removed' | 'closed'): void {
    closed = true;
    cancel();
    void host?.leave();
    ended.resolve(how);
  }

  function give(event: StreamEvent): void {
    if (closed) return;
    wasThere = true;
    if (event.id !== null) {
      if (event.seq <= at.seq) return;
      at = behind(at, event);
    }
    listener.onEvent(event);
  }

  function reset(): void {
    if (closed) return;
    at = START;
    listener.onReset();
  }

  /** What the file holds behind the last event; that one is read, too, to see that it is still the same. */
  async function readOn(): Promise<void> {
    const { seq, id, turn } = at;
    const turnOf = createTurnCounter(turn);
    let replaced = false;
    const { status, failure, ...last } = await store.journal.read(
      session_id,
      (stored) => {
        if (stored.entry.seq === seq) replaced = stored.id !== id;
        else if (!replaced) give(entryEvent(session_id, stored, turnOf(stored)));
      },
      { after: Math.max(0, seq - 1) },
    );
    if (closed) return;
    if (status === 'absent') return wasThere ? end('removed') : undefined;
    if (failure) {
      throw new RuntimeError('store_damaged', `Session ${session_id} is damaged: ${failure.message}.`, {
        id: session_id,
      });
    }
    if (!replaced && last.seq >= seq) return;
    reset();
    return readOn();
  }

  async function join(): Promise<void> {
    const found = await joinOwner(workspace);
    joinAt = clock.now() + JOIN_MS;
    if (!found) return;
    if (closed) return found.leave();
    host = found;
    found.watch(session_id, at.seq, { onEvent: give, onEnd: () => end('removed'), onReset: reset });
    void found.lost.then(() => {
      host = undefined;
      look();
    });
  }

  async function goOn(): Promise<void> {
    await readOn();
    if (!closed && clock.now() >= joinAt) await join();
    if (!closed && !host) cancel = clock.at(clock.now() + LOOK_MS, look);
  }

  function look(): void {
    if (!closed) goOn().catch(ended.reject);
  }

  look();
  return { ended: ended.promise, close: () => end('closed') };
}

/** Behind an entry: its number and id, and the turn that is open there. */
interface Place {
  seq: number;
  id: string | null;
  turn: number | undefined;
}

const START: Place = { seq: 0, id: null, turn: undefined };

function behind(place: Place, { seq, id, type, data }: StreamEvent): Place {
  if (type === 'turn.started') return { seq, id, turn: (data as EntryData<'turn.started'>).turn };
  return { seq, id, turn: type === 'turn.ended' ? undefined : place.turn };
}
