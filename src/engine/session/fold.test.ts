import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { sha256 } from '../../base/digest.ts';
import type { Entry, NewEntry } from '../../contract/entries.ts';
import {
  childFinished,
  created,
  forked,
  message,
  replied,
  started,
  stop,
  type Step,
} from '../../kernel/testing/observations.ts';
import { kernel, START_AT } from '../../kernel/testing/story.ts';
import { GOAL, model } from '../../kernel/testing/values.ts';
import type { Resolved } from '../../kernel/turn/state.ts';
import { applyEvolved, createResolver, newFold, type Folded } from './fold.ts';

test('a resolver keeps the values that are in use, not all that ever were', async () => {
  let reads = 0;
  const resolve = createResolver({
    async get(digest) {
      reads++;
      return Buffer.from(JSON.stringify({ v: 1, instructions: digest }));
    },
  });
  const manifestOf = async (n: number): Promise<object> => {
    const entry = { type: 'turn.started', data: { frozen: `sha256:${sha256(String(n))}` } } as Entry;
    return (await resolve(entry)).manifest!;
  };
  const seen: WeakRef<object>[] = [];
  for (let n = 0; n < 500; n++) {
    seen.push(new WeakRef(await manifestOf(n)));
    await manifestOf(n);
  }
  expect(reads).toBe(500);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  while (seen.filter((one) => one.deref() !== undefined).length > 100) {
    await new Promise(setImmediate);
    collect();
  }
});

/** Takes what is told, and after each the decisions that follow. */
function tell(fold: Folded, ...steps: Step[]): void {
  const take = (entry: NewEntry, resolved: Resolved = {}): void => {
    const line: Entry = { v: 1, seq: fold.state.seq + 1, at: START_AT, ...entry };
    applyEvolved(fold, line, kernel.evolve(fold.state, line, resolved));
  };
  for (const step of steps) {
    const { observation, resolved } = step(fold.state);
    take(observation, resolved);
    for (let next = kernel.decide(fold.state).append; next; next = kernel.decide(fold.state).append) take(next);
  }
}

test('a goal is kept while it waits, and no longer: not in a fork, where nobody waits for it', () => {
  const fold = newFold(kernel);
  tell(fold, created(), message('e1'), started(), message('e2', { goal: true }));
  expect([...fold.goals.keys()]).toEqual(['e2']);
  tell(fold, forked(), replied({ text: 'Hi' }));
  expect(fold.state.turn).toBeNull();
  expect(fold.goals.size).toBe(0);
});

test('a summary that a stop kept out is not taken for that of a later one', () => {
  const fold = newFold(kernel);
  const narrow = started({ models: [model('main', { context: 2000 })] });
  const long = replied({ text: 'x'.repeat(3000), usage: { input: 0, output: 0 } });
  tell(fold, created(), message('e1'), narrow, long, message('e2'), narrow, long, message('e3'), narrow);
  tell(fold, replied({ text: 'So far.' }));
  expect(fold.condensed).toEqual([{ type: 'text', text: 'So far.' }]);
  tell(fold, stop('e3'));
  expect(fold.state.turn).toBeNull();
  expect(fold.condensed).toBeUndefined();
});

test('what steps gave stands in a person’s role, and is nothing that a person said', () => {
  const fold = newFold(kernel);
  const steps = ['a', 'b'].map((id) => ({ id, task: `do ${id}` }));
  tell(fold, created(), message('e1', { goal: true }), started({ rules: { goal: GOAL } }));
  tell(fold, replied({ text: JSON.stringify({ steps }) }));
  for (const { session_id } of fold.state.turn!.goal!.steps) tell(fold, childFinished(session_id!));
  expect(fold.contents.map(({ role }) => role)).toEqual(['user', 'user', 'user', 'note']);
  expect(fold.remembered.said.map(({ seq }) => seq)).toEqual([2]);
});
