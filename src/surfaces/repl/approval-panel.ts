/**
 * Answering an approval in place, with one letter.
 *
 * What somebody was just typing must never become a yes. So a letter is text first, like any other, and counts as an answer
 * only when all of this holds: the input was empty, the question was on the terminal for long enough to look, they had
 * stopped typing before, and nothing followed the letter for a moment (or Enter did). All of it is told by the order in
 * which things were typed and shown, not by when they were read: either side may stand still in between. Anything else that
 * is typed stays a message. A letter that doesn't count doesn't with Enter either, except on a plain terminal, where lines are all there is.
 *
 * `always` grants a rule: it is said whole, and then stands in the input to be edited. Enter grants it as it is there, once
 * it could be looked at. Where no rule can be proposed exactly this call is granted, after a second yes.
 */
import type { Resolution } from '../../contract/host.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { RuleText } from '../../contract/policy-rule.ts';
import { parseRule, ruleLine } from '../../engine/rule-text.ts';
import { BOLD, DIM, YELLOW } from '../terminal/markdown/style.ts';
import { visible } from '../../adapters/tools/visible.ts';
import { oneLine, truncate } from '../terminal/width.ts';
import type { Asked } from './asking.ts';
import type { Tone } from './entry-lines.ts';
import { createLook, type LookOptions } from './look.ts';
import { createMeant } from './meant.ts';

export interface ApprovalPanel {
  lines(tone: Tone, columns: number, rows: number): string[];
  /** What `lines` gave last is on the terminal. */
  painted(): void;
  /** It is so again, after another program had the terminal. */
  back(): void;
  /** Is an approval to be answered here? */
  isOpen(): boolean;
  /** The input is so now; `before`: what it was. `typed`: by one key, not pasted or recalled. */
  input(text: string, before: string, typed: boolean): void;
  /** A submitted text that answers: a reason for a no, or a letter. */
  takesText(text: string): boolean;
  escape(): void;
  /** Ctrl-C while an answer is being given; true when that was it. */
  cancel(): boolean;
  /** What is asked may be something else now. */
  changed(): void;
  /** All of it was shown. */
  viewed(approval_id: string): void;
  /** Which one `/approve` and `/deny` mean, that name this one or none. @throws RuntimeError usage, where that isn't clear */
  meant(approval_id: string | undefined): string;
  /** @throws RuntimeError usage: not all of it was shown */
  mustBeSeen(approval_id: string): void;
  close(): void;
}

export interface ApprovalPanelOptions extends LookOptions {
  asked: () => Asked[];
  /** Rejects when the answer didn't count: it is asked again then. */
  answer: (approval_id: string, resolution: Resolution) => Promise<void>;
  /** Shows all of what is asked. */
  view: (approval_id: string) => void;
  /** The rule that is proposed for it. */
  ruleOf: (approval_id: string) => Promise<RuleText | undefined>;
  setPrompt: (prompt: string | undefined) => void;
  setInput: (text: string) => void;
  say: (text: string) => void;
  refresh: () => void;
  /** Is the input read by the line? Then `input` is never called. */
  byLine: () => boolean;
}

/** So long nothing may follow the letter (ms). */
const SETTLE_MS = 500;

const CHOICES = {
  ask: 'y yes · n no · s yes, for this session · a always · Esc later',
  askNarrow: 'y yes · n no · s session · a always',
  askOnce: 'y yes · n no · Esc later',
  reason: 'Enter refuses, with what you type as the reason · Esc back',
  reasonNarrow: 'Enter refuses · Esc back',
  always: 'from now on this very call, in this folder, never asks: y yes · n back',
  alwaysNarrow: 'always this call: y yes · n back',
  rule: 'Enter grants this rule from now on, in this folder; edit it first · Esc back',
  ruleNarrow: 'Enter grants this rule for good · Esc back',
  ruleByLine: 'from now on, in this folder: y grants this rule · n back · or type another rule',
};

type Step = 'ask' | 'reason' | 'always' | 'rule';

const MEANINGS: Record<Step, Record<string, string>> = {
  ask: { y: 'yes', n: 'no', s: 'yes, for this session', a: 'always', v: 'view it whole' },
  always: { y: 'always', n: 'back' },
  reason: {},
  rule: {},
};

export function createApprovalPanel(options: ApprovalPanelOptions): ApprovalPanel {
  const { clock, fence, asked, answer, view, ruleOf, setPrompt, setInput, say, refresh, byLine } = options;
  /** `asks`: it is in what is painted next; `there`: it was painted. */
  let shown: { approval_id: string; asks: boolean; there: boolean } | undefined;
  const look = createLook(options);
  let step: Step = 'ask';
  /** The proposed rule, as it was said; `there`: it was painted. */
  let rule: { line: string; there: boolean } | undefined;
  const ruleLook = createLook(options);
  /** The letter that will be the answer unless something follows. */
  let pending: { letter: string; cancel: () => void } | undefined;
  const named = createMeant(options);
  /** In what is painted next. */
  let waiting: readonly string[] = [];
  /** Left to the commands /approve and /deny. */
  const dismissed = new Set<string>();
  /** Looked at whole. */
  const viewed = new Set<string>();
  /** Answered here; what comes of it is under way. */
  const answered = new Set<string>();

  const open = (): Asked[] =>
    asked().filter(({ approval_id }) => !dismissed.has(approval_id) && !answered.has(approval_id));
  const current = (): Asked | undefined => open()[0];

  function settle(resolution: Resolution): void {
    const { approval_id } = shown!;
    reset();
    answered.add(approval_id);
    changed();
    void answer(approval_id, resolution).catch(() => {
      answered.delete(approval_id);
      changed();
      refresh();
    });
  }

  function forget(): void {
    pending?.cancel();
    pending = undefined;
  }

  function reset(): void {
    forget();
    if (step === 'reason' || step === 'rule') setPrompt(undefined);
    if (step === 'rule') setInput('');
    rule = undefined;
    ruleLook.forget();
    enter('ask');
  }

  /** What is asked now must be looked at. */
  function enter(next: Step): void {
    step = next;
    look.forget();
    if (shown) shown = { ...shown, asks: false, there: false };
  }

  async function propose(approval_id: string): Promise<void> {
    const found = await ruleOf(approval_id).catch((thrown: unknown) => say(toRuntimeError(thrown).message));
    if (step !== 'always' || shown?.approval_id !== approval_id || !found) return;
    const line = ruleLine(found);
    rule = { line, there: false };
    enter('rule');
    forget();
    say(`always: ${line}`);
    if (!byLine()) {
      setPrompt('rule: ');
      setInput(line);
    }
    refresh();
  }

  /** What stands there when Enter is pressed is granted, or it stays to be mended. */
  async function grantRule(text: string): Promise<void> {
    const { approval_id } = shown!;
    const line = byLine() && text.trim().toLowerCase() === 'y' ? rule!.line : text;
    const early = !ruleLook.isOver();
    const isThere = (): boolean => step === 'rule' && shown?.approval_id === approval_id;
    try {
      if (early) throw new RuntimeError('rule_refused', 'look at the rule first: Enter came too soon');
      const parsed = await parseRule(line);
      if (isThere()) settle({ decision: 'grant', scope: 'always', rule: parsed });
    } catch (thrown) {
      if (!isThere()) return;
      say(toRuntimeError(thrown).message);
      if (!byLine()) setInput(text);
    }
    refresh();
  }

  /** What isn't printed whole must have been looked at. */
  function isUnseen(letter: string): boolean {
    const { left_out = 0, approval_id } = current() ?? {};
    if (left_out === 0 || viewed.has(approval_id!) || !'ysa'.includes(letter)) return false;
    say(`${left_out.toLocaleString('en')} rows of it are not on the screen: look at all of it first, with v`);
    return true;
  }

  /** Outside of a sandbox nothing is granted for longer. */
  function isForLonger(letter: string): boolean {
    if (!current()?.once_only || !'sa'.includes(letter)) return false;
    say('no sandbox would confine it, so it can be granted once only: y');
    return true;
  }

  function choose(letter: string): void {
    forget();
    if (step === 'ask' && (isForLonger(letter) || isUnseen(letter))) return refresh();
    if (step === 'always') {
      if (letter === 'y') settle({ decision: 'grant', scope: 'always' });
      else if (letter === 'n') reset();
    } else if (letter === 'y') settle({ decision: 'grant', scope: 'once' });
    else if (letter === 'v') {
      viewed.add(shown!.approval_id);
      view(shown!.approval_id);
    } else if (letter === 's') settle({ decision: 'grant', scope: 'session' });
    else {
      enter(letter === 'a' ? 'always' : 'reason');
      if (step === 'reason') setPrompt('why not? ');
      else void propose(shown!.approval_id);
    }
    refresh();
  }

  function changed(): void {
    const ids = new Set(asked().map(({ approval_id }) => approval_id));
    for (const settled of dismissed.difference(ids)) dismissed.delete(settled);
    for (const settled of answered.difference(ids)) answered.delete(settled);
    const approval = current();
    if (approval?.approval_id === shown?.approval_id) return;
    shown = approval && { approval_id: approval.approval_id, asks: false, there: false };
    reset();
  }

  return {
    isOpen: () => current() !== undefined,
    lines(tone, columns, rows) {
      waiting = asked().map(({ approval_id }) => approval_id);
      const approval = current();
      if (approval === undefined) return [];
      if (shown?.approval_id === approval.approval_id) shown.asks = true;
      const count = open().length;
      // What was printed of it may have left the screen, or be that of another one.
      const isLong = approval.rows > rows - 8;
      const where = approval.left_out ? ` (${approval.rows} rows: v first)` : isLong ? ` (${approval.rows} rows, above; v views)` : ''; // prettier-ignore
      const room = Math.max(10, columns - 4 - where.length);
      const title =
        count > 1 || isLong
          ? [`${tone(YELLOW, '?')} ${tone(BOLD, truncate(visible(oneLine(approval.title)), room))}${tone(DIM, where)}`]
          : [];
      const more = count > 1 ? ` (1 of ${count})` : '';
      const narrow = columns < 80;
      const keys = {
        ask: approval.once_only ? CHOICES.askOnce : narrow ? CHOICES.askNarrow : CHOICES.ask,
        reason: narrow ? CHOICES.reasonNarrow : CHOICES.reason,
        always: narrow ? CHOICES.alwaysNarrow : CHOICES.always,
        rule: byLine() ? CHOICES.ruleByLine : narrow ? CHOICES.ruleNarrow : CHOICES.rule,
      }[step];
      const mark = title.length > 0 ? ' ' : tone(YELLOW, '?');
      if (pending) {
        const what = `${pending.letter}: ${MEANINGS[step][pending.letter]} in a moment; type on, and it is a message`;
        return [...title, `${mark} ${truncate(what, columns - 3)}`];
      }
      const left = columns - 3 - more.length;
      return [...title, `${mark} ${truncate(keys, Math.max(10, left))}${tone(DIM, more)}`];
    },
    painted() {
      named.painted(waiting);
      if (shown?.asks === true && !shown.there) {
        shown.there = true;
        look.begin();
      }
      if (rule?.there === false) {
        rule.there = true;
        ruleLook.begin();
      }
    },
    back() {
      if (shown?.there) look.begin();
      if (rule?.there) ruleLook.begin();
    },
    input(text, before, typed) {
      changed();
      if (before === '') named.begun();
      const counts = typed && before === '' && look.isOver();
      forget();
      if (text !== before) look.again();
      const letter = text.toLowerCase();
      if (!counts || current() === undefined || MEANINGS[step][letter] === undefined) return;
      const end = (): void => {
        changed();
        if (pending !== own) return; // something followed, or what it was meant for is settled
        setInput('');
        choose(letter);
      };
      const own = { letter, cancel: clock.at(clock.now() + SETTLE_MS, () => fence(end)) };
      pending = own;
    },
    takesText(text) {
      changed();
      const counted = pending?.letter;
      const looked = look.isOver();
      forget();
      if (!byLine()) look.again();
      if (shown === undefined) return false;
      if (step === 'reason') {
        const reason = text.trim();
        settle({ decision: 'deny', ...(reason !== '' && { reason }) });
        return true;
      }
      if (step === 'rule') {
        if (byLine() && text.trim().toLowerCase() === 'n') reset();
        else void grantRule(text);
        return true;
      }
      const letter = text.trim().toLowerCase();
      if (MEANINGS[step][letter] === undefined) return false;
      if (byLine() ? looked : counted === letter) choose(letter);
      else say(`“${letter}” was not taken for an answer; to answer, press it on the empty line`);
      return true;
    },
    escape() {
      const approval = current();
      if (step !== 'ask' || pending !== undefined) {
        reset();
      } else if (approval) {
        dismissed.add(approval.approval_id);
        say(`left for later: /approve ${approval.approval_id}, or /deny`);
        changed();
      }
      refresh();
    },
    cancel() {
      if (step === 'ask') return false;
      reset();
      refresh();
      return true;
    },
    changed,
    viewed: (approval_id) => void viewed.add(approval_id),
    meant: (approval_id) => approval_id ?? named.only(asked().map((one) => one.approval_id).filter((id) => !answered.has(id)), byLine()), // prettier-ignore
    mustBeSeen(approval_id) {
      const { left_out = 0, approval_id: id = '' } =
        asked().find((one) => one.approval_id.startsWith(approval_id)) ?? {};
      if (left_out === 0 || viewed.has(id)) return;
      throw new RuntimeError('usage', `${left_out.toLocaleString('en')} rows of it were not on the screen`, {
        next: `Look at all of it first: /approvals ${id}`,
      });
    },
    close() {
      named.close();
      forget();
      look.forget();
      ruleLook.forget();
    },
  };
}
