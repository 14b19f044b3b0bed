/** Follows one session of a host: prints what happens in it, in order, and knows what is going on. */
import type { Host, SessionStatus, Watch } from '../../contract/host.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Journal } from '../../contract/ports.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import { createTurnCounter, entryEvent } from '../../engine/stream.ts';
import type { Conversation } from './conversation.ts';

export interface SessionView {
  readonly id: string;
  readonly conversation: Conversation;
  /** Goes on with another host of the same workspace. */
  follow(host: Host): void;
  close(): void;
}

export interface SessionViewOptions {
  id: string;
  conversation: Conversation;
  print: (lines: readonly string[]) => void;
  /** Something changed that isn't printed. */
  onChange: () => void;
  onGone: () => void;
}

export function createSessionView({ id, conversation, print, onChange, onGone }: SessionViewOptions): SessionView {
  let watch: Watch | undefined;
  /** Events are shown one after the other; some need a blob first. */
  let waiting: StreamEvent[] = [];
  let busy = false;

  async function showAll(): Promise<void> {
    busy = true;
    try {
      for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
        const lines = conversation.take(event);
        print(Array.isArray(lines) ? lines : await lines);
      }
    } finally {
      busy = false;
      onChange();
    }
  }

  return {
    id,
    conversation,
    follow(host) {
      watch?.close();
      watch = host.watch(id, conversation.seq(), {
        onEvent(event) {
          waiting.push(event);
          if (!busy) void showAll();
        },
        onEnd: onGone,
      });
    },
    close() {
      watch?.close();
      waiting = [];
    },
  };
}

const FIRST_LOOK = 200;

/**
 * The end of a session that is there already: gives the lines that its last entries make, at least the open turn's. The
 * conversation goes on behind them.
 */
export async function readEnd(
  journal: Pick<Journal, 'read'>,
  { session_id, seq, turn }: SessionStatus,
  newConversation: () => Conversation,
): Promise<{ conversation: Conversation; lines: string[] }> {
  for (let last = FIRST_LOOK; ; last *= 4) {
    const conversation = newConversation();
    const turnOf = createTurnCounter();
    const lines: string[] = [];
    let first: Seq = 0;
    await journal.read(
      session_id,
      async (stored) => {
        first ||= stored.entry.seq;
        if (stored.entry.seq > seq) return; // comes by the watch
        lines.push(...(await conversation.take(entryEvent(session_id, stored, turnOf(stored)))));
      },
      { last },
    );
    if (first <= 1 || turn === undefined || conversation.turn() !== undefined) return { conversation, lines };
  }
}
