import { expect, test } from 'vitest';
import { manualClock } from '../../base/testing/manual-clock.ts';
import { createLook } from './look.ts';

const LONG_MS = 5000;

test('of a terminal whose answer was lost, the next key asks again', () => {
  const clock = manualClock();
  const asked: (() => void)[] = [];
  const look = createLook({ clock, fence: (run) => void asked.push(run) });
  const answer = (): void => {
    for (const run of asked.splice(0)) run();
  };
  look.begin();
  asked.length = 0; // a line that lost something
  look.again();
  answer();
  expect(look.isOver()).toBe(false);
  clock.pass(LONG_MS);
  answer();
  expect(look.isOver()).toBe(true);
});
