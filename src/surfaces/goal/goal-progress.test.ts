import { expect, test } from 'vitest';
import { createEvents } from '../repl/testing/events.ts';
import { createGoalProgress, type StepView } from './goal-progress.ts';

const STEPS = [
  { id: 'a', title: 'One', depends_on: [] },
  { id: 'b', title: 'Two', depends_on: ['a'] },
  { id: 'c', title: 'Three', depends_on: ['b'] },
];

function setUp() {
  const progress = createGoalProgress();
  const { entry } = createEvents();
  progress.take(entry('plan.made', { steps: STEPS }));
  progress.take(entry('child.started'));
  const states = (): string[] => progress.steps().map(({ state }) => state);
  return { progress, entry, states, child: createEvents(), first: (): StepView => progress.steps()[0]! };
}

test('a plan of several steps by a model is told; one by rule, or of one step, is none', () => {
  const progress = createGoalProgress();
  const { entry } = createEvents();
  expect(progress.take(entry('plan.made', { by: 'rule', steps: STEPS.slice(0, 1) }))).toBeUndefined();
  expect(progress.take(entry('plan.made', { steps: STEPS.slice(0, 1) }))).toBeUndefined();
  expect(progress.isOpen()).toBe(false);
  expect(progress.take(entry('plan.made', { steps: STEPS }))).toEqual({ what: 'planned' });
  expect(progress.steps()).toMatchObject([{ number: 1, after: [] }, { number: 2, after: [1] }, { number: 3, after: [2] }]); // prettier-ignore
});

test('a step runs, comes to nothing, runs again and is done; what its tries took adds up', () => {
  const { progress, entry, states, first } = setUp();
  expect(progress.running()).toEqual(['s-child']);
  progress.take(entry('child.finished', { reason: 'failed', cost_micro_usd: 5 }));
  expect(progress.running()).toEqual([]);
  expect(first()).toMatchObject({ state: 'failed', reason: 'failed', attempt: 1, took_ms: 2000 });
  progress.take(entry('child.started', { attempt: 2 }));
  expect(states()).toEqual(['running', 'waiting', 'waiting']);
  progress.take(entry('child.finished', { attempt: 2, cost_micro_usd: 5 }));
  expect(first()).toMatchObject({ state: 'done', attempt: 2, took_ms: 4000, tokens: 30, cost_micro_usd: 10 });
});

test('when the steps are over, those that had no end are named', () => {
  const { progress, entry, states } = setUp();
  expect(progress.take(entry('turn.ended'))).toMatchObject({ what: 'over', left: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] }); // prettier-ignore
  expect(states()).toEqual(['cut', 'left', 'left']);
  expect(progress.running()).toEqual([]);
  expect(progress.take(entry('turn.reflected'))).toBeUndefined();
});

test('what a step does is what its own session tells last', () => {
  const { progress, child, first } = setUp();
  const tell = (...events: Parameters<typeof progress.takeStep>[1][]): void =>
    events.forEach((event) => progress.takeStep('s-child', event));
  const { entry, delta } = child;
  tell(entry('turn.started'), entry('model.requested'));
  expect(first()).toMatchObject({ doing: 'thinks', asks: false });
  expect(progress.takeStep('s-child', delta('x'))).toBe(true);
  expect(progress.takeStep('s-child', delta('y'))).toBe(false);
  expect(first().doing).toBe('answers');
  tell(entry('call.inspected'), entry('approval.requested'));
  expect(first()).toMatchObject({ doing: 'Run true', asks: true });
  tell(entry('approval.resolved'), entry('call.started'));
  expect(first()).toMatchObject({ doing: 'Run true', asks: false });
  tell(entry('call.started', { call_id: 'c2' }));
  expect(first().doing).toBe('c2 (+1)');
  tell(entry('call.finished'), entry('call.finished', { call_id: 'c2' }), entry('turn.reflected', { signal: 'stop' }));
  expect(first().doing).toBe('ends');
});

test('what other sessions tell changes nothing', () => {
  const { progress, child } = setUp();
  expect(progress.takeStep('s-other', child.entry('model.requested'))).toBe(false);
});
