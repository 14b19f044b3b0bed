// What may come when, as far as the specs of its subject don't say it.
import { expect, test } from 'vitest';
import type { Entry } from '../../contract/entries.ts';
import { created, message, opened, replied, reserved, started, type Step, undone } from '../testing/observations.ts';
import { given, kernel } from '../testing/story.ts';
import { DAY } from '../testing/values.ts';

/** The same step with other data. */
function changed(step: Step, data: object): Step {
  return (state) => {
    const observed = step(state);
    return {
      ...observed,
      observation: {
        ...observed.observation,
        data: { ...observed.observation.data, ...data },
      } as typeof observed.observation,
    };
  };
}

test('a session is created once, and nothing comes before', () => {
  const empty = given();
  expect(empty.refuses(message('e1'))).toBe(true);
  expect(empty.refuses(opened())).toBe(true);
  expect(given(created()).refuses(created())).toBe(true);
});

test('a turn starts with the first message of the queue, the next number, this kernel and its frozen inputs', () => {
  const story = given(created(), message('e1'), message('e2'));
  const faults: object[] = [
    { event_ids: ['e2'] }, { event_ids: ['e1', 'e2'] }, { event_ids: [] }, { turn: 2 }, { kernel: 2 },
    { limits: { max_turns: 0, max_calls: 1, wall_ms: 1 } },
  ]; // prettier-ignore
  for (const fault of faults) expect(story.refuses(changed(started(), fault))).toBe(true);
  expect(story.refuses((state) => ({ observation: started()(state).observation }))).toBe(true);
  expect(story.refuses(started())).toBe(false);
  story.when(started());
  expect(story.refuses(started())).toBe(true);
});

test('no turn starts without a message', () => {
  expect(given(created()).refuses(started())).toBe(true);
});

test('the ledger answers for the attempt that asked', () => {
  const story = given(created(), message('e1'), started({ rules: { shared_scopes: [DAY] } }));
  expect(story.refuses(changed(reserved(), { for: 'm1.1.2' }))).toBe(true);
  expect(given(created(), message('e1'), started()).refuses(reserved())).toBe(true);
});

test('files are undone only between turns, and only those of a turn that there was', () => {
  const story = given(created(), message('e1'), started());
  expect(story.refuses(undone(1, []))).toBe(true);
  story.when(replied({ text: 'Hi' }));
  expect(story.refuses(undone(1, []))).toBe(false);
  expect([0, 2].map((turn) => story.refuses(undone(turn, [])))).toEqual([true, true]);
});

test('an entry has the next seq', () => {
  const { state } = given(created());
  const observation = message('e1')(state).observation;
  const at = (seq: number): boolean => kernel.admits(state, { v: 1, seq, at: state.at, ...observation });
  expect([state.seq, state.seq + 1, state.seq + 2].map(at)).toEqual([false, true, false]);
});

test('a decision is no observation, and nothing is heard of what these rules never open', () => {
  const story = given(created(), message('e1'), started());
  const state = story.state;
  const admitted = (type: string, data: object): boolean =>
    kernel.admits(state, { v: 1, seq: state.seq + 1, at: state.at, type, data } as Entry);
  for (const { type, data } of story.entries.slice(3)) expect(admitted(type, data)).toBe(false);
  const end = { seq: 1, hash: '0'.repeat(64) };
  expect(admitted('child.finished', { session_id: 's', reason: 'success', head: end, result: [] })).toBe(false);
  expect(admitted('reply.settled', { reply_id: 'r1', destination: 'x', outcome: 'dead', chunks: [] })).toBe(false);
});
