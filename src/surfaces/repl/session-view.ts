/** Follows one session of a host: prints what happens in it, in order, and knows what is going on. */
import type { Clock } from '../../base/clock.ts';
import type { Host, Watch } from '../../contract/host.ts';
import type { Journal } from '../../contract/ports.ts';
import type { DeltaEvent, StreamEvent } from '../../contract/stream.ts';
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
  /** What happened can't be shown, as that its text is lost. */
  fail: (thrown: unknown) => void;
  clock: Clock;
}

/** What comes with an answer is shown in pieces of this time (ms). */
const PIECE_MS = 30;

export function createSessionView(options: SessionViewOptions): SessionView {
  const { id, conversation, print, onChange, onGone, fail, clock } = options;
  let watch: Watch | undefined;
  /** Events are shown one after the other; some need a blob first. */
  let waiting: StreamEvent[] = [];
  let busy = false;
  let closed = false;
  /** Cancels the showing that is due. */
  let due: (() => void) | undefined;

  function take(event: StreamEvent): void {
    const last = waiting.at(-1);
    if (event.type === 'delta' && last?.type === 'delta' && goesOn(last, event)) {
      const data = { ...last.data, text: last.data.text + event.data.text };
      waiting[waiting.length - 1] = { ...last, data };
    } else waiting.push(event);
    if (busy) return;
    if (event.type !== 'delta') void showAll();
    else due ??= clock.at(clock.now() + PIECE_MS, () => void showAll());
  }

  async function showAll(): Promise<void> {
    due?.();
    due = undefined;
    busy = true;
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      try {
        const taken = conversation.take(event);
        const lines = Array.isArray(taken) ? taken : await taken;
        if (!closed) print(lines);
      } catch (thrown) {
        if (!closed) fail(thrown);
      }
    }
    busy = false;
    if (!closed) onChange();
  }

  return {
    id,
    conversation,
    follow(host) {
      watch?.close();
      waiting = []; // they come again: nobody has taken them
      watch = host.watch(id, conversation.seq(), {
        onEvent: take,
        onEnd: onGone,
      });
    },
    close() {
      closed = true;
      watch?.close();
      due?.();
      waiting = [];
    },
  };
}

function goesOn({ data: a }: DeltaEvent, { data: b }: DeltaEvent): boolean {
  return a.call_id === b.call_id && a.attempt === b.attempt && a.kind === b.kind;
}

const FIRST_LOOK = 200;

/**
 * The end of a session that is there already: gives the lines that its last entries make, at least the open turn's. The
 * conversation goes on behind them.
 */
export async function readEnd(
  journal: Pick<Journal, 'read'>,
  session_id: string,
  newConversation: () => Conversation,
): Promise<{ conversation: Conversation; lines: string[] }> {
  for (let last = FIRST_LOOK; ; last *= 4) {
    const conversation = newConversation();
    const turnOf = createTurnCounter();
    const lines: string[] = [];
    let whole = true;
    await journal.read(
      session_id,
      async (stored) => {
        const { entry } = stored;
        if (lines.length === 0 && conversation.seq() === 0) whole = entry.seq === 1;
        whole ||= entry.type === 'turn.started' || entry.type === 'turn.ended';
        lines.push(...(await conversation.take(entryEvent(session_id, stored, turnOf(stored)))));
      },
      { last },
    );
    if (whole) return { conversation, lines };
  }
}
