import { expect, test } from 'vitest';
import { manualClock } from '../../../base/testing/manual-clock.ts';
import { createLostAnswers } from './lost-answers.ts';

const one = { event_id: 'e-1', session_id: 's' };
const two = { event_id: 'e-2', session_id: 's' };

test('what was lost is taken once, the last first, and by the same request only', () => {
  const lost = createLostAnswers(manualClock());
  lost.add('a', one);
  lost.add('a', two);
  expect(lost.take('b')).toBeUndefined();
  expect([lost.take('a'), lost.take('a'), lost.take('a')]).toEqual([two, one, undefined]);
});

test('what repeats a request that was refused is about no message', () => {
  const lost = createLostAnswers(manualClock());
  lost.add('a', one); // somebody left
  lost.add('a', undefined); // somebody else asked the same, and was refused
  expect(lost.take('a')).toBeUndefined();
});

test('nothing is remembered for ever, or without a limit', () => {
  const clock = manualClock();
  const lost = createLostAnswers(clock);
  lost.add('a', one);
  clock.pass(15 * 60 * 1000);
  expect(lost.take('a')).toBeUndefined();
  lost.add('a', two);
  for (let more = 0; more < 1000; more++) lost.add(`b${more}`, one);
  expect(lost.take('a')).toBeUndefined();
  expect(lost.take('b0')).toEqual(one);
});
