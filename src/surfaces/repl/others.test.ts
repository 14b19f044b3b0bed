import { expect, test } from 'vitest';
import type { SessionStatus } from '../../contract/host.ts';
import { manualClock } from '../../engine/testing/world.ts';
import type { Left, WorkList } from '../../engine/past/unfinished.ts';
import { tellLeft, watchOthers } from './others.ts';

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

test('what was left is told of once: by who goes on with it, or by a client, of what nobody works on', async () => {
  const left: Left[] = [{ what: 'model', call_id: 'm1.1', attempt: 2, fate: 'asked_again' }];
  const waiting: Left = { what: 'call', call_id: 'c1.1.1', tool: 'work', fate: 'waits', approval_id: 'a-1', until: 9 };
  const list: WorkList = {
    sessions: [
      { session_id: 'here', turn: 1, left },
      { session_id: 'one', turn: 1, left },
      { session_id: 'waits', turn: 1, left: [waiting] },
      { session_id: 'broken', left: [], failure: 'it is damaged' },
    ],
    more: 2,
  };
  const tell = async (here: boolean, status: SessionStatus['status']): Promise<string[]> => {
    const said: string[] = [];
    const sessions = async (): Promise<SessionStatus[]> => [{ session_id: 'one', status } as SessionStatus];
    const notice = (text: string): void => void said.push(text);
    await tellLeft(list, { host: { here, sessions }, current: 'here', now: 0, notice });
    return said;
  };
  const more = 'and 2 more unfinished: runtime session resume';
  const broken = "session broken can't go on: it is damaged";
  const current = 'goes on: the model is asked again (attempt 2)';
  expect(await tell(true, 'running')).toEqual([
    current,
    'session one goes on: the model is asked again (attempt 2)',
    broken,
    more,
  ]);
  expect(await tell(false, 'running')).toEqual([current, broken, more]);
  expect(await tell(false, 'open')).toEqual([
    current,
    'session one is unfinished: the model is asked again (attempt 2). /resume one',
    broken,
    more,
  ]);
});
