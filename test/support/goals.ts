/** Goals for script models: what plans them, what does their steps, what answers from the results. */
import type { Script } from '../../src/contract/script.ts';

type Turn = Script['turns'][number];

export interface PlannedStep {
  id: string;
  title: string;
  task: string;
  depends_on: string[];
  check?: string;
}

export function step(id: string, depends_on: string[] = [], more: Partial<PlannedStep> = {}): PlannedStep {
  return { id, title: `Step ${id}`, task: `please do ${id}`, depends_on, ...more };
}

const PLANNING = { input: 500, output: 100, cached: 0, reasoning: 0 };

/** The model's plan. */
export function plans(...steps: PlannedStep[]): Turn {
  return { match: { purpose: 'plan' }, reply: { text: JSON.stringify({ steps }), usage: PLANNING } };
}

/** What the session of a step says when it is asked. */
export function does(id: string, reply: NonNullable<Turn['reply']>): Turn {
  return { match: { contains: `please do ${id}` }, reply };
}

export const ANSWERS: Turn = { match: { contains: 'Result of step' }, reply: { text: 'All in all: done.' } };

/** Three steps, the last of which needs the others. */
export const THREE = [
  plans(step('a'), step('b'), step('c', ['a', 'b'])),
  does('c', { text: 'C knows both' }),
  does('a', { text: 'A found 7' }),
  does('b', { text: 'B found 8' }),
  ANSWERS,
];
