import { describe, expect, test } from 'vitest';
import type { EventStatus, Host, WatchListener } from '../../../contract/host.ts';
import type { StreamEvent } from '../../../contract/stream.ts';
import { watchTurn, type TurnEvent } from './turn-watch.ts';

const EVENT = 'e-1';

/** A host that tells what the test says. */
function host(status: Partial<EventStatus> = { status: 'queued' }) {
  let listener: WatchListener | undefined;
  let seq = 0;
  const told = {
    event: async () => ({ event_id: EVENT, session_id: 's', approvals: [], ...status }) as EventStatus,
    watch: (_session: string, _after: number, given: WatchListener) => {
      listener = given;
      return { close: () => {} };
    },
  } as unknown as Host;
  const tell = (type: string, data: object, turn = 1): void => {
    const scope = { kind: 'session', id: 's' };
    listener!.onEvent({
      schemaVersion: 'runtime.event.v1',
      id: null,
      seq: ++seq,
      at: 0,
      scope,
      turn,
      type,
      data,
    } as StreamEvent);
  };
  return {
    told,
    tell,
    begin: (turn = 1, event_id = EVENT) => tell('turn.started', { event_ids: [event_id] }, turn),
    ask: (attempt = 1, turn = 1) => tell('model.requested', { call_id: 'm', attempt }, turn),
    say: (text: string, attempt = 1, turn = 1) => tell('delta', { call_id: 'm', attempt, kind: 'text', text }, turn),
    reply: (text: unknown, tool_calls: object[] = []) =>
      tell('model.replied', { parts: [{ type: 'text', text }], tool_calls }),
  };
}

const done = (text: string): EventStatus => ({
  event_id: EVENT,
  session_id: 's',
  status: 'done',
  reason: 'success',
  text,
  approvals: [],
});

const all = async (events: AsyncGenerator<TurnEvent>): Promise<unknown[]> => {
  const given: unknown[] = [];
  for await (const event of events) {
    given.push(event.kind === 'settled' ? 'settled' : event.kind === 'text' ? event.text : event.end);
  }
  return given;
};

describe('a watched turn', () => {
  test('gives the text of its own turn, whoever else speaks in the session', async () => {
    const { told, tell, begin, ask, say, reply } = host();
    const watch = watchTurn(told, 's', 0);
    begin(1, 'e-other');
    ask(1, 1);
    say('not mine', 1, 1);
    begin(2);
    ask(1, 2);
    say('mi', 1, 2);
    tell('delta', { call_id: 'm', attempt: 1, kind: 'reasoning', text: 'hm' }, 2);
    say('ne', 1, 2);
    tell('model.replied', { parts: [{ type: 'text', text: 'mine' }], tool_calls: [] }, 2);
    reply('not mine');
    expect(await all(watch.follow(EVENT, Promise.resolve(done('mine'))))).toEqual(['mine', 'answer', 'settled']);
  });

  test('that began before gives a begun reply when it is whole', async () => {
    const { told, say, reply, ask } = host({ status: 'running', turn: 1 });
    const watch = watchTurn(told, 's', 5);
    say('end of it');
    reply('All to the end of it', [{}]);
    ask();
    say('Yes');
    expect(await all(watch.follow(EVENT, Promise.resolve(done('Yes.'))))).toEqual([
      'All to the end of it',
      'commentary',
      'Yes.',
      'answer',
      'settled',
    ]);
  });

  test('gives a long reply of which nothing was heard as the host has it', async () => {
    const { told, begin, reply } = host();
    const watch = watchTurn(told, 's', 0);
    begin();
    reply({ blob: `sha256:${'0'.repeat(64)}`, bytes: 9, head: 'a', tail: 'b' });
    expect(await all(watch.follow(EVENT, Promise.resolve(done('a long b'))))).toEqual([
      'a long b',
      'answer',
      'settled',
    ]);
  });

  test('holds a bounded text for a reader that takes none', async () => {
    const { told, begin, ask, say } = host();
    const watch = watchTurn(told, 's', 0);
    begin();
    ask();
    const events = watch.follow(EVENT, new Promise(() => {}));
    const first = events.next();
    say('x');
    expect(await first).toMatchObject({ value: { text: 'x' } });
    for (let mebibytes = 0; mebibytes < 5; mebibytes++) say('y'.repeat(2 ** 20));
    await expect(events.next()).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('fails when nobody can say what became of it', async () => {
    const { told } = host();
    const failed = Promise.reject(new Error('gone'));
    await expect(all(watchTurn(told, 's', 0).follow(EVENT, failed))).rejects.toThrow('gone');
  });
});

test('that fails before anybody asks for its first event ends nothing but itself', async () => {
  const { told } = host();
  const events = watchTurn(told, 's', 0).follow(EVENT, Promise.reject(new Error('gone')));
  await new Promise(setImmediate); // an unheard rejection would fail the test
  await expect(all(events)).rejects.toThrow('gone');
});
