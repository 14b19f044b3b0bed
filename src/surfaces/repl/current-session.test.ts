import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Host, SessionStatus, WatchListener } from '../../contract/host.ts';
import type { Conversation } from './conversation.ts';
import { createCurrentSession } from './current-session.ts';

test('how the session stands that was left is not taken for how the next one stands', async () => {
  const late = Promise.withResolvers<void>();
  const listeners = new Map<string, WatchListener>();
  let hold = false;
  const host = {
    watch(id: string, _after: number, listener: WatchListener) {
      listeners.set(id, listener);
      return { close: () => {} };
    },
    async session(session_id: string) {
      if (hold && session_id === 'old') await late.promise;
      return { session_id, status: 'idle', queued: [] as string[] } as SessionStatus;
    },
  } as Partial<Host> as Host;
  const conversation = {
    seq: () => 0,
    take: () => [],
    steps: () => [],
    turn: () => undefined,
  } as Partial<Conversation> as Conversation;
  const current = createCurrentSession({
    clock: systemClock,
    ui: { rows: 24, print: () => {}, refresh: () => {} },
    voice: { say: () => {}, notice: () => {}, fail: (thrown) => expect.unreachable(String(thrown)) },
    journal: () => ({ read: async () => ({ seq: 0, hash: '', status: 'absent' }) as never }),
    newConversation: () => conversation,
    ask: (use) => use(host),
    root: '/',
    onChange: () => {},
  });
  await current.show('old');
  await current.work(host);
  hold = true;
  listeners.get('old')!.onEvent({ type: 'turn.ended', id: '1-0' } as never);
  await new Promise(setImmediate);
  await current.open('new');
  late.resolve();
  await new Promise(setImmediate);
  expect(current.status()).toMatchObject({ session_id: 'new' });
});
