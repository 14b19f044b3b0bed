import { expect, test } from 'vitest';
import { createCommandGates } from './kept-from-commands.ts';

const never = new AbortController().signal;
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('commands of a project, or of one that shares folders with it, are waited for, and others aren’t', async () => {
  const gates = createCommandGates();
  const leaves = new Map<string, () => void>();
  for (const root of ['/p', '/p/sub', '/q']) leaves.set(root, (await gates.enter(root, never))!);
  const done: string[] = [];
  const write = (root: string | undefined, name: string): void =>
    void gates.whileNoneRuns(root, never, async () => void done.push(name));
  write('/r', 'in r');
  await turns();
  expect(done).toEqual(['in r']);
  write('/p/sub', 'in p/sub');
  write(undefined, 'anywhere');
  leaves.get('/p/sub')!();
  await turns();
  expect(done).toEqual(['in r']);
  leaves.get('/p')!();
  await turns();
  expect(done).toEqual(['in r', 'in p/sub']);
  leaves.get('/q')!();
  await turns();
  expect(done).toEqual(['in r', 'in p/sub', 'anywhere']);
});

test('who gives up, or fails, holds nobody up', async () => {
  const gates = createCommandGates();
  const leave = (await gates.enter('/p', never))!;
  const stop = new AbortController();
  const waiting = gates.whileNoneRuns('/p', stop.signal, () => Promise.reject(new Error('not done')));
  stop.abort();
  expect(await waiting).toBe('canceled');
  leave();
  const thrown = gates.whileNoneRuns('/p', never, () => {
    throw new Error('at once');
  });
  await expect(thrown).rejects.toThrow('at once');
  expect(await gates.enter('/p', never)).toBeDefined();
});
