/** Ctrl-C and Escape: what they stop depends on what is going on. */
import type { Clock } from '../../base/clock.ts';
import type { ApprovalPanel } from './approval-panel.ts';
import type { Conversation } from './conversation.ts';
import type { Personal } from './person-command.ts';

export interface Interrupts {
  /** Ctrl-C; was there a text, which is gone now? Twice it leaves. */
  cancel(hadText: boolean): void;
  escape(): void;
  /** The person did something else since. */
  forget(): void;
}

export interface InterruptsOptions {
  clock: Clock;
  panel: Pick<ApprovalPanel, 'isOpen' | 'cancel' | 'escape'>;
  personal: Pick<Personal, 'isRunning' | 'interrupt'>;
  conversation: () => Pick<Conversation, 'turn' | 'doing'> | undefined;
  /** On a plain terminal nothing else shows that a turn is being stopped. */
  plain: boolean;
  hasText: () => boolean;
  say: (text: string) => void;
  /** Stops the turn of a message. */
  stop: (event_id: string) => void;
  leave: () => void;
}

/** Within this a second Ctrl-C leaves (ms). */
const TWICE_MS = 2000;

export function createInterrupts(options: InterruptsOptions): Interrupts {
  const { clock, panel, personal, conversation, plain, hasText, say, stop, leave } = options;
  let lastCancel = -Infinity;

  return {
    cancel(hadText) {
      if (panel.cancel()) return;
      if (personal.isRunning()) return personal.interrupt();
      if (hadText) return;
      const now = clock.now();
      if (now - lastCancel < TWICE_MS) return leave();
      lastCancel = now;
      const turn = conversation()?.turn();
      if (turn === undefined) return say('Ctrl-C again leaves; so does Ctrl-D');
      if (plain) say('stopping …  Ctrl-C again leaves');
      for (const event of turn.event_ids.slice(0, 1)) stop(event);
    },
    escape() {
      const [turn, doing] = [conversation()?.turn(), conversation()?.doing()];
      // What waits for an answer isn't stopped by a key that only leaves the question for later.
      if (panel.isOpen() || turn === undefined || doing?.phase === 'waiting' || hasText()) return panel.escape();
      for (const event of turn.event_ids.slice(0, 1)) stop(event);
    },
    forget() {
      lastCancel = -Infinity;
    },
  };
}
