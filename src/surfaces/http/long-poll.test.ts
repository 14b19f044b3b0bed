import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { EventStatus } from '../../contract/host.ts';
import { createLongPoll } from './long-poll.ts';
import { createFakeHost } from './testing/fake-host.ts';

const NEVER = new Promise<void>(() => {});
const LONG_MS = 60_000;

test('what was answered is not kept', async () => {
  const { host } = createFakeHost();
  const answered: WeakRef<EventStatus>[] = [];
  const settled = async (event_id: string): Promise<EventStatus> => {
    const status: EventStatus = { event_id, session_id: 's', status: 'done', approvals: [] };
    answered.push(new WeakRef(status));
    return status;
  };
  const longPoll = createLongPoll({ ...host, settled }, systemClock);
  for (let n = 0; n < 100; n++) await longPoll.settled(`e-${n}`, LONG_MS, new Promise(() => {}));
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  while (answered.some((one) => one.deref() !== undefined)) {
    await new Promise(setImmediate);
    collect();
  }
  longPoll.close();
});

test('nobody waits any longer when it is closed, nor begins to', async () => {
  const { host } = createFakeHost();
  const longPoll = createLongPoll({ ...host, settled: () => new Promise(() => {}) }, systemClock);
  const waits = [1, 2].map((n) => longPoll.settled(`e-${n}`, LONG_MS, NEVER));
  longPoll.close();
  expect(await Promise.all([...waits, longPoll.settled('e-3', LONG_MS, NEVER)])).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
