/**
 * Answering an approval in place. Keys count only while the input is empty, and not in the first moment: what somebody was
 * just typing must not become a yes.
 */
import type { Clock } from '../../base/clock.ts';
import type { Resolution } from '../../contract/host.ts';
import type { Key } from '../terminal/keys/key.ts';
import { BOLD, DIM, YELLOW, type Style } from '../terminal/markdown/style.ts';
import { oneLine, truncate } from '../terminal/width.ts';
import type { Asked } from './conversation.ts';

export interface ApprovalPanel {
  lines(tone: (style: Style, text: string) => string, columns: number): string[];
  takesKey(key: Key): boolean;
  /** A submitted text that answers: a reason for a no, or a letter on a plain terminal. */
  takesText(text: string): boolean;
  escape(): void;
  /** Ctrl-C while a reason is typed; true when that was it. */
  cancel(): boolean;
  /** What is asked may be something else now. */
  changed(): void;
}

export interface ApprovalPanelOptions {
  clock: Clock;
  asked: () => Asked[];
  answer: (approval_id: string, resolution: Resolution) => Promise<void>;
  setPrompt: (prompt: string | undefined) => void;
  refresh: () => void;
}

/** A person needs at least this long to see what is asked (ms). */
const LOOK_MS = 700;

export function createApprovalPanel(options: ApprovalPanelOptions): ApprovalPanel {
  const { clock, asked, answer, setPrompt, refresh } = options;
  let shown: { approval_id: string; since: number } | undefined;
  let step: 'ask' | 'reason' | 'always' = 'ask';
  /** Left to the commands /approve and /deny. */
  const dismissed = new Set<string>();

  const current = (): Asked | undefined => asked().find(({ approval_id }) => !dismissed.has(approval_id));

  function settle(resolution: Resolution): void {
    const approval = current();
    reset();
    if (approval === undefined) return;
    dismissed.add(approval.approval_id);
    void answer(approval.approval_id, resolution).catch(() => dismissed.delete(approval.approval_id));
  }

  function reset(): void {
    step = 'ask';
    setPrompt(undefined);
  }

  function choose(letter: string): boolean {
    if (step === 'always') {
      if (letter === 'y') settle({ decision: 'grant', scope: 'always' });
      else reset();
      return true;
    }
    switch (letter) {
      case 'y':
        settle({ decision: 'grant', scope: 'once' });
        return true;
      case 's':
        settle({ decision: 'grant', scope: 'session' });
        return true;
      case 'a':
        step = 'always';
        refresh();
        return true;
      case 'n':
        step = 'reason';
        setPrompt('why not? ');
        return true;
      default:
        return false;
    }
  }

  return {
    lines(tone, columns) {
      const approval = current();
      if (approval === undefined) return [];
      const title = tone(BOLD, truncate(oneLine(approval.title), Math.max(10, columns - 4)));
      const rule = 'from now on this call, with exactly these arguments in this folder, runs without asking';
      const keys = {
        ask: 'y yes · n no · s yes, in this session · a always · Esc later',
        reason: 'Enter says no, with what you type as the reason · Esc back',
        always: `${rule}: y yes · n back`,
      }[step];
      return [`${tone(YELLOW, '?')} ${title}`, tone(DIM, truncate(`  ${keys}`, columns))];
    },
    takesKey({ name, text, ctrl, alt }) {
      if (current() === undefined || step === 'reason' || name !== 'char' || ctrl || alt) return false;
      const letter = text!.toLowerCase();
      if (!'ynsa'.includes(letter)) return false;
      if (shown === undefined || clock.now() - shown.since < LOOK_MS) return true;
      return choose(letter);
    },
    takesText(text) {
      if (current() === undefined) return false;
      if (step === 'reason') {
        const reason = text.trim();
        settle({ decision: 'deny', ...(reason !== '' && { reason }) });
        return true;
      }
      const word = text.trim().toLowerCase();
      return ['y', 'n', 's', 'a'].includes(word) && choose(word);
    },
    escape() {
      const approval = current();
      if (step !== 'ask') reset();
      else if (approval) dismissed.add(approval.approval_id);
      refresh();
    },
    cancel() {
      if (step === 'ask') return false;
      reset();
      refresh();
      return true;
    },
    changed() {
      const approval = current();
      if (approval?.approval_id === shown?.approval_id) return;
      shown = approval && { approval_id: approval.approval_id, since: clock.now() };
      if (step !== 'ask') reset();
    },
  };
}
