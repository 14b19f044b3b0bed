/** What the session of a step is told: the goal, its own task, and what the steps that it depends on gave. */
import type { Part } from '../../contract/values.ts';
import { textPart } from '../turn/history.ts';
import type { Step } from './state.ts';

/** `objective`: what the person wrote; `results`: of the steps that it depends on, each with its name. */
export function stepInput(objective: readonly Part[], step: Step, results: readonly Part[][]): Part[] {
  return [
    textPart('You do one step of a larger goal; other agents do the others. The goal, as the person wrote it:'),
    ...objective,
    textPart(`## Your step: ${step.title}\n${step.task ?? step.title}${checkedBy(step)}`),
    ...results.flat(),
    textPart(
      'Do this step and nothing beyond it. End with its result: all that who goes on with it, or answers the person, must know.',
    ),
    ...(step.reason === undefined ? [] : [textPart(doubt())]),
  ];
}

function checkedBy({ check }: Step): string {
  return check === undefined
    ? ''
    : `\nIt counts as done when \`${check}\` exits with 0: that is run when you have answered.`;
}

/** The same for a further try: the session has been told all that, and what it did stands there. */
export function stepAgain({ reason, attempt }: Step): Part[] {
  const text = `Your last try did not do the step: it ended with "${reason}". This is try ${attempt}. What you did stands above and has happened: do not repeat it unseen. Go on from there, do the step, and end with its result.`;
  return [textPart(text)];
}

/** An earlier session may have done part of it, and left no word. */
function doubt(): string {
  return 'An earlier try was cut off, and may have done part of it. Look before you repeat anything.';
}
