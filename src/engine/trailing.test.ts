import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createTrailing } from './trailing.ts';

test('what fails is told once, to whoever waits next', async () => {
  const trailing = createTrailing();
  const late = Promise.withResolvers<void>();
  trailing.add(Promise.reject(new Error('first')));
  trailing.add(late.promise);
  const settled = trailing.settled();
  late.reject(new Error('second'));
  await expect(settled).rejects.toThrow('first');
  await trailing.settled();
});

test('nobody has to wait for what is under way', async () => {
  const trailing = createTrailing();
  trailing.add(Promise.reject(new Error('no')));
  void trailing.underWay();
  await new Promise(setImmediate);
  await expect(trailing.underWay()).rejects.toThrow('no');
  await expect(trailing.settled()).rejects.toThrow('no');
  await trailing.underWay();
});

test('what is done is not remembered', async () => {
  const trailing = createTrailing();
  const seen = Array.from({ length: 100 }, () => {
    const work = Promise.resolve({});
    trailing.add(work);
    return new WeakRef(work);
  });
  await trailing.underWay();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  while (seen.some((one) => one.deref() !== undefined)) {
    await new Promise(setImmediate);
    collect();
  }
});
