import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { manualClock } from '../../base/testing/manual-clock.ts';
import { createFence } from './fence.ts';

const LONG_MS = 5000;

/** A fence, and a terminal in the test's hands. */
function setUp() {
  const clock = manualClock();
  const passed: string[] = [];
  let written = '';
  const fence = createFence({ write: (text) => (written += text), columns: 80 }, clock);
  /** What the terminal would answer to all that it was asked. */
  // oxlint-disable-next-line no-control-regex
  const asked = /\x1b7\x1b\[(\d+);(\d+)H\x1b\[6n\x1b8/g;
  const answers = (): { row: number; column: number }[] =>
    [...written.matchAll(asked)].map(([, row, column]) => ({ row: Number(row), column: Number(column) }));
  return {
    fence,
    clock,
    passed,
    answers,
    pass: (name: string) => fence.pass(() => passed.push(name)),
    /** All that is due runs, and what waits for a round of the event loop. */
    async wait() {
      clock.pass(LONG_MS);
      for (let rounds = 0; rounds < 3; rounds++) await setImmediate();
    },
  };
}

test('passed when the terminal answers, by the question that it answers and those before', () => {
  const { fence, pass, passed, answers } = setUp();
  for (const name of ['one', 'two', 'three']) pass(name);
  const [, second, third] = answers();
  fence.report({ row: second!.row + 1, column: second!.column }); // somebody else's
  expect(passed).toEqual([]);
  fence.report(second!);
  expect(passed).toEqual(['one', 'two']);
  fence.report(second!);
  expect(passed).toEqual(['one', 'two']);
  fence.report(third!);
  expect(passed).toEqual(['one', 'two', 'three']);
});

test('a terminal that has answered once is waited for, however long', async () => {
  const { fence, pass, passed, answers, wait } = setUp();
  pass('one');
  fence.report(answers()[0]!);
  pass('two');
  await wait();
  expect(passed).toEqual(['one']);
  fence.report(answers()[1]!);
  expect(passed).toEqual(['one', 'two']);
});

test('one that never answers is asked no more, until an answer comes after all', async () => {
  const { fence, pass, passed, answers, wait } = setUp();
  pass('one');
  expect(passed).toEqual([]);
  await wait();
  expect(passed).toEqual(['one']);
  pass('two');
  expect(passed).toEqual(['one']); // not before what has come in by now is read
  await wait();
  expect(passed).toEqual(['one', 'two']);
  expect(answers()).toHaveLength(1);
  fence.report(answers()[0]!);
  pass('three');
  expect(answers()).toHaveLength(2);
});

test('an answer that was there before time was up, unread, counts', async () => {
  const { fence, pass, passed, answers, clock, wait } = setUp();
  pass('one');
  clock.pass(LONG_MS);
  fence.report(answers()[0]!);
  expect(passed).toEqual(['one']);
  pass('two');
  await wait();
  expect(passed).toEqual(['one']);
});

test('while the terminal is another program’s it is asked nothing, and then once more', async () => {
  const { fence, pass, passed, answers, wait } = setUp();
  pass('one');
  fence.hold();
  pass('two');
  await wait();
  expect([passed, answers().length]).toEqual([[], 1]);
  fence.release();
  expect(answers()).toHaveLength(3);
  fence.report(answers()[0]!); // the other program's input, if at all
  expect(passed).toEqual([]);
  fence.report(answers()[2]!);
  expect(passed).toEqual(['one', 'two']);
});

test('who leaves waits for the answer that is under way, and not for long', async () => {
  const { fence, pass, answers, wait } = setUp();
  await fence.rest();
  pass('one');
  const rested = fence.rest();
  fence.report(answers()[0]!);
  await rested;
  pass('two');
  const again = fence.rest();
  await wait();
  await again;
});
