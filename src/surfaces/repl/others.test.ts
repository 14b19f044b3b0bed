import { expect, test } from 'vitest';
import type { SessionStatus } from '../../contract/host.ts';
import { manualClock } from '../../engine/testing/world.ts';
import { watchOthers } from './others.ts';

const LONG = 10_000;

test('another session that has come to wait is told of, once; the one that is looked at says so itself', async () => {
  const clock = manualClock();
  const said: string[] = [];
  let live: [session_id: string, ...approvals: string[]][] = [['here', 'a-1'], ['idle']];
  const end = watchOthers({
    clock,
    sessions: async () => live.map(([session_id, ...approvals]) => ({ session_id, approvals }) as SessionStatus),
    current: () => 'here',
    notice: (text) => void said.push(text),
  });
  await clock.advance(LONG);
  expect(said).toEqual([]);
  live = [...live, ['one', 'a-2']];
  await clock.advance(LONG);
  await clock.advance(LONG);
  expect(said).toEqual(['another session waits for an answer: /approvals']);
  live = [...live, ['two', 'a-3', 'a-4']];
  await clock.advance(LONG);
  expect(said[1]).toBe('2 other sessions wait for an answer: /approvals');
  live = [['one', 'a-2']];
  await clock.advance(LONG);
  live = [['one', 'a-5']];
  await clock.advance(LONG);
  expect(said).toHaveLength(3);
  end();
  live = [['one', 'a-6']];
  await clock.advance(LONG);
  expect(said).toHaveLength(3);
});

test('a host that says nothing is asked again later', async () => {
  const clock = manualClock();
  const said: string[] = [];
  let fails = true;
  watchOthers({
    clock,
    sessions: async () => {
      if (fails) throw new Error('gone');
      return [{ session_id: 'one', approvals: ['a-1'] } as unknown as SessionStatus];
    },
    current: () => undefined,
    notice: (text) => void said.push(text),
  });
  await clock.advance(LONG);
  fails = false;
  await clock.advance(LONG);
  expect(said).toHaveLength(1);
});
