/** Follows one session of a host: prints what happens in it, in order, and knows what is going on. */
import type { Clock } from '../../base/clock.ts';
import type { Host, Watch } from '../../contract/host.ts';
import type { Journal } from '../../contract/ports.ts';
import type { DeltaEvent, StreamEvent } from '../../contract/stream.ts';
import { createTurnCounter, entryEvent } from '../../engine/stream.ts';
import { createStepWatches } from '../goal/step-watches.ts';
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

/** An event that wasn't shown yet; `step`: the session of a step that it comes from, instead of the one that is looked at. */
interface Waiting {
  event: StreamEvent;
  step: string | undefined;
}

/** What comes with an answer is shown in pieces of this time (ms). */
const PIECE_MS = 30;

export function createSessionView(options: SessionViewOptions): SessionView {
  const { id, conversation, print, onChange, onGone, fail, clock } = options;
  let watch: Watch | undefined;
  /** Events are shown one after the other; some need a blob first. */
  let waiting: Waiting[] = [];
  let busy = false;
  let closed = false;
  /** Cancels the showing that is due. */
  let due: (() => void) | undefined;

  const steps = createStepWatches((step, event) => take(event, step));

  function take(event: StreamEvent, step?: string): void {
    const last = waiting.at(-1);
    if (event.type === 'delta' && last?.event.type === 'delta' && last.step === step && goesOn(last.event, event)) {
      const data = { ...last.event.data, text: last.event.data.text + event.data.text };
      waiting[waiting.length - 1] = { event: { ...last.event, data }, step };
    } else waiting.push({ event, step });
    if (busy) return;
    if (event.type !== 'delta') void showAll();
    else due ??= clock.at(clock.now() + PIECE_MS, () => void showAll());
  }

  async function showAll(): Promise<void> {
    due?.();
    due = undefined;
    busy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { event, step } = next;
      try {
        const taken = step === undefined ? conversation.take(event) : conversation.takeStep(step, event);
        const lines = Array.isArray(taken) ? taken : await taken;
        if (!closed) print(lines);
      } catch (thrown) {
        if (!closed) fail(thrown);
      }
      if (!closed) steps.keep(conversation.steps());
    }
    busy = false;
    if (!closed) onChange();
  }

  return {
    id,
    conversation,
    follow(host) {
      watch?.close();
      waiting = waiting.filter(({ step }) => step !== undefined); // they come again: nobody has taken them
      steps.follow(host);
      steps.keep(conversation.steps());
      watch = host.watch(id, conversation.seq(), {
        onEvent: take,
        onEnd: onGone,
      });
    },
    close() {
      closed = true;
      watch?.close();
      steps.close();
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
