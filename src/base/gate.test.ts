import { expect, test } from 'vitest';
import { createGate, type Gate } from './gate.ts';

const never = new AbortController().signal;
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type How = 'together' | 'alone';
const gateOfOne = (): Gate<How> => createGate((one, other) => one === 'alone' || other === 'alone');

/** Enters, and says so; gives how to leave. */
function walker(gate = gateOfOne()): { enter(name: string, how: How, signal?: AbortSignal): Promise<void>; inside: string[]; leave(name: string): void } {
  const leaves = new Map<string, () => void>();
  const inside: string[] = [];
  return {
    inside,
    async enter(name, how, signal = never) {
      const leave = await gate.enter(how, signal);
      if (leave === undefined) return void inside.push(`${name} gave up`);
      leaves.set(name, leave);
      inside.push(name);
    },
    leave(name) {
      inside.splice(inside.indexOf(name), 1);
      leaves.get(name)!();
    },
  };
} // prettier-ignore

test('some together, one alone, in the order in which they came', async () => {
  const { enter, inside, leave } = walker();
  for (const name of ['a', 'b']) void enter(name, 'together');
  void enter('W', 'alone');
  void enter('c', 'together');
  await turns();
  expect(inside).toEqual(['a', 'b']);
  leave('a');
  await turns();
  expect(inside).toEqual(['b']);
  leave('b');
  await turns();
  expect(inside).toEqual(['W']);
  leave('W');
  await turns();
  expect(inside).toEqual(['c']);
});

test('who gives up holds nobody up', async () => {
  const { enter, inside, leave } = walker();
  const stop = new AbortController();
  void enter('a', 'together');
  void enter('W', 'alone', stop.signal);
  void enter('b', 'together');
  await turns();
  expect(inside).toEqual(['a']);
  stop.abort();
  await turns();
  expect(inside.toSorted()).toEqual(['W gave up', 'a', 'b']);
  await enter('late', 'together', stop.signal);
  expect(inside).toContain('late gave up');
  void enter('X', 'alone');
  leave('a');
  leave('b');
  await turns();
  expect(inside).toContain('X');
});

test('to leave twice lets nobody in who must wait', async () => {
  const gate = gateOfOne();
  const one = (await gate.enter('together', never))!;
  const two = (await gate.enter('together', never))!;
  one();
  one();
  let isIn = false;
  void gate.enter('alone', never).then(() => (isIn = true));
  await turns();
  expect(isIn).toBe(false);
  two();
  await turns();
  expect(isIn).toBe(true);
});

test('who is kept out by nobody inside, and by nobody who came before, goes past them', async () => {
  const gate = createGate<[place: string, how: How]>(
    ([place, how], [other, otherHow]) => place === other && (how === 'alone' || otherHow === 'alone'),
  );
  const leave = (await gate.enter(['here', 'together'], never))!;
  const inside: string[] = [];
  const enter = (name: string, place: string, how: How): void =>
    void gate.enter([place, how], never).then(() => inside.push(name));
  enter('alone here', 'here', 'alone');
  enter('alone there', 'there', 'alone');
  enter('after it here', 'here', 'together');
  await turns();
  expect(inside).toEqual(['alone there']);
  leave();
  await turns();
  expect(inside).toEqual(['alone there', 'alone here']);
});
