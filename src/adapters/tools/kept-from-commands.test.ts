import { expect, test } from 'vitest';
import { createCommandGates, type Passage } from './kept-from-commands.ts';

const never = new AbortController().signal;
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Who goes through says so, and stays until it is told to leave. */
function walkers(gates = createCommandGates()) {
  const inside: string[] = [];
  const leaves = new Map<string, () => void>();
  return {
    inside,
    async enter(name: string, root: string | undefined, as: Passage): Promise<void> {
      void gates.pass(root, as, never, async () => {
        inside.push(name);
        await new Promise<void>((resolve) => void leaves.set(name, resolve));
      });
      await turns();
    },
    async leave(name: string): Promise<void> {
      inside.splice(inside.indexOf(name), 1);
      leaves.get(name)!();
      await turns();
    },
  };
}

test('commands of a project, or of one that shares folders with it, are waited for, and others aren’t', async () => {
  const { inside, enter, leave } = walkers();
  for (const root of ['/p', '/p/sub', '/q']) await enter(root, root, 'confined');
  await enter('in r', '/r', 'alone');
  await leave('in r');
  await enter('in p/sub', '/p/sub', 'alone');
  await enter('anywhere', undefined, 'alone');
  await leave('/p/sub');
  expect(inside).toEqual(['/p', '/q']);
  await leave('/p');
  expect(inside).toEqual(['/q', 'in p/sub']);
  await leave('in p/sub');
  await leave('/q');
  expect(inside).toEqual(['anywhere']);
});

test('what goes by files without a sandbox has the project for its kind, in the order in which they came', async () => {
  const { inside, enter, leave } = walkers();
  await enter('a', '/p', 'confined');
  await enter('script', '/p', 'free');
  await enter('other script', '/p/sub', 'free');
  await enter('b', '/p', 'confined');
  await enter('elsewhere', '/q', 'confined');
  expect(inside).toEqual(['a', 'elsewhere']);
  await leave('a');
  expect(inside).toEqual(['elsewhere', 'script', 'other script']);
  await leave('other script');
  expect(inside).toEqual(['elsewhere', 'script']);
  await leave('script');
  expect(inside).toEqual(['elsewhere', 'b']);
});

test('who gives up, or fails, holds nobody up', async () => {
  const gates = createCommandGates();
  const { enter, leave } = walkers(gates);
  await enter('a', '/p', 'confined');
  const stop = new AbortController();
  const waiting = gates.pass('/p', 'alone', stop.signal, () => Promise.reject(new Error('not done')));
  stop.abort();
  expect(await waiting).toBe('canceled');
  await leave('a');
  const thrown = gates.pass('/p', 'alone', never, () => {
    throw new Error('at once');
  });
  await expect(thrown).rejects.toThrow('at once');
  expect(await gates.pass('/p', 'confined', never, async () => 'done')).toBe('done');
});
