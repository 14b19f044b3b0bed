/**
 * The plan of a goal, redacted: as many steps that depend on one another in the same way, so that the rules make the same
 * of it. What a model wrote cannot be kept, not even in ids.
 */
import type { Part } from '../../contract/values.ts';
import { parsePlan } from '../../kernel/goal/parse-plan.ts';
import type { Placeholders } from './placeholders.ts';

/** Such an id says which step it is, and nothing else: a plan that names none gets these. */
const NUMBERED = /^s\d{1,2}$/;
const STEP_TIMER = /^(s\d+)\.(.+)\.(\d+)$/;

/** An id of a step that is still one. */
export function stepId({ id: idFor }: Placeholders, id: string): string {
  return NUMBERED.test(id) ? id : idFor('step-', id);
}

/** Timers of steps hold the ids of these. */
export function timerId(placeholders: Placeholders, timer_id: string): string {
  const [, turn, step, attempt] = STEP_TIMER.exec(timer_id) ?? [];
  return step === undefined ? timer_id : `${turn}.${stepId(placeholders, step)}.${attempt}`;
}

/** The parts of an answer that is a plan of so many steps at most; undefined where it is none, and stays none. */
export function redactPlan(parts: readonly Part[], mostSteps: number, placeholders: Placeholders): Part[] | undefined {
  const texts = parts.map((part) => (part.type === 'text' ? part.text : ''));
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  const plan = parsePlan(texts.join(''), mostSteps);
  if (!plan.ok) return undefined;
  const { text } = placeholders;
  const steps = plan.steps.map(({ id, title, task, depends_on, check }) => ({
    id: stepId(placeholders, id),
    title: text(title),
    ...(task !== undefined && { task: text(task).trimEnd() }),
    depends_on: depends_on.map((one) => stepId(placeholders, one)),
    ...(check !== undefined && { check: text(check).trimEnd() }),
  }));
  const whole = JSON.stringify({ steps });
  const first = parts.findIndex(({ type }) => type === 'text');
  // As long as it was, where there is room: budgets count lengths.
  return parts.flatMap((part, index): Part[] => {
    if (part.type !== 'text') return [];
    const bytes = Buffer.byteLength(texts[index]!);
    return [{ type: 'text', text: index === first ? whole.padEnd(bytes) : ' '.repeat(bytes) }];
  });
}
