/**
 * What was typed before the terminal showed something, and what after? Time doesn't say: this process may have stood still
 * in between, or the line to the terminal. But a terminal answers in the order in which it is written to, and its answer
 * comes behind all that was typed before. So it is asked where its cursor is: put for the question into a column that says
 * which question it was, and back. A lost answer does no harm; that to a later question is one to those before it too.
 *
 * Of a terminal that has never answered only that is known which has come in by now.
 */
import type { Clock } from '../../base/clock.ts';
import type { CursorReport } from './keys/decoder.ts';
import { whenRead } from './when-read.ts';

export interface Fence {
  /** Calls `run` when all has been read that was typed before the terminal had what is written to it by now. */
  pass(run: () => void): void;
  /** The terminal has answered. */
  report(position: CursorReport): void;
  /** The terminal is somebody else's for a while: it is asked nothing. */
  hold(): void;
  /** It is ours again; what was asked last is asked again. */
  release(): void;
  /** Resolves when no answer is under way any more, or after a while. */
  rest(): Promise<void>;
}

interface Question {
  column: number;
  run: () => void;
}

/** In the first row, its answer would look like F3. */
const ROW = 2;
/** So many questions are told apart. */
const MOST_COLUMNS = 20;
/** A terminal that has not answered by then is one that doesn't. Once it did, it is waited for (ms). */
const ANSWER_MS = 1000;
/** So long an answer may keep who leaves (ms). */
const REST_MS = 300;

export function createFence(output: { write(text: string): unknown; readonly columns: number }, clock: Clock): Fence {
  let answers: boolean | undefined;
  let questions: Question[] = [];
  let asked = 0;
  let held = false;
  let cancelGivingUp: (() => void) | undefined;
  let rested = (): void => {};

  function pass(run: () => void): void {
    if (answers === false && !held) return whenRead(run);
    const column = (asked++ % Math.min(MOST_COLUMNS, output.columns || 1)) + 1;
    questions.push({ column, run });
    if (held) return;
    output.write(`\x1b7\x1b[${ROW};${column}H\x1b[6n\x1b8`);
    if (answers === undefined) cancelGivingUp ??= clock.at(clock.now() + ANSWER_MS, () => whenRead(giveUp));
  }

  /** Its answer may have been here already when time was up, unread. */
  function giveUp(): void {
    cancelGivingUp = undefined;
    if (answers === true || held) return;
    answers = false;
    runAll(questions.length);
  }

  function runAll(count: number): void {
    for (const { run } of questions.splice(0, count)) run();
    if (questions.length === 0) rested();
  }

  return {
    pass,
    report({ row, column }) {
      if (row !== ROW) return;
      answers = true;
      cancelGivingUp?.();
      cancelGivingUp = undefined;
      runAll(questions.findIndex((question) => question.column === column) + 1);
    },
    hold() {
      held = true;
      cancelGivingUp?.();
      cancelGivingUp = undefined;
    },
    release() {
      held = false;
      const unanswered = questions;
      questions = [];
      for (const { run } of unanswered) pass(run);
    },
    async rest() {
      if (questions.length === 0 || answers === false) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      rested = resolve;
      const cancel = clock.at(clock.now() + REST_MS, resolve);
      await promise;
      cancel();
      cancelGivingUp?.();
    },
  };
}
