import { expect, test } from 'vitest';
import { shareRuns } from './share-runs.ts';

/** Runs end when they are told to. */
function controlled() {
  const runs: { end: () => void; fail: (error: Error) => void }[] = [];
  const call = shareRuns(() => new Promise<void>((end, fail) => void runs.push({ end, fail })));
  return { runs, call };
}

test('who calls during a run waits for the next one, which they all share', async () => {
  const { runs, call } = controlled();
  const done: string[] = [];
  const first = call().then(() => done.push('first'));
  const others = ['a', 'b', 'c'].map((name) => call().then(() => done.push(name)));
  expect(runs).toHaveLength(1);
  runs[0]!.end();
  await first;
  expect(done).toEqual(['first']);
  expect(runs).toHaveLength(2);
  const late = call().then(() => done.push('late'));
  runs[1]!.end();
  await Promise.all(others);
  expect(done).toEqual(['first', 'a', 'b', 'c']);
  runs[2]!.end();
  await late;
  expect(runs).toHaveLength(3);
});

test('a failed run fails those who shared it, and no later one', async () => {
  const { runs, call } = controlled();
  const first = call();
  const second = call();
  runs[0]!.fail(new Error('disk'));
  await expect(first).rejects.toThrow('disk');
  runs[1]!.end();
  await second;
  const third = call();
  runs[2]!.end();
  await third;
});
