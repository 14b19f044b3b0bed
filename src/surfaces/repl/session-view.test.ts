import { expect, test, vi } from 'vitest';
import type { Entry } from '../../contract/entries.ts';
import type { Host, WatchListener } from '../../contract/host.ts';
import type { Journal } from '../../contract/ports.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import { manualClock } from '../../engine/testing/world.ts';
import type { Conversation } from './conversation.ts';
import { createSessionView, readEnd } from './session-view.ts';
import { createEvents } from './testing/events.ts';

/**
 * Shows of each entry its number, of a delta its text. `slow`: entries for which it waits until the test lets it go on.
 * A step runs from each `child.started` until the next `child.finished`.
 */
function fakeConversation(slow = new Map<number, Promise<void>>()): Conversation {
  let running: string[] = [];
  let seq = 0;
  const take = (event: StreamEvent): string[] | Promise<string[]> => {
    if (event.type === 'delta') return [event.data.text];
    ({ seq } = event);
    if (event.type === 'child.started') running = ['s-child'];
    if (event.type === 'child.finished') running = [];
    const lines = [`#${seq}`];
    return slow.get(seq)?.then(() => lines) ?? lines;
  };
  const takeStep = (step: string, event: StreamEvent): string[] => [`${step} ${event.type}`];
  return { take, takeStep, steps: () => running, seq: () => seq } as unknown as Conversation;
}

function setUp(slow?: Map<number, Promise<void>>) {
  const clock = manualClock();
  const printed: string[] = [];
  const failed: unknown[] = [];
  const watches: { session: string; after: number; listener: WatchListener; closed: boolean }[] = [];
  let changes = 0;
  const conversation = fakeConversation(slow);
  const view = createSessionView({
    id: 's-1',
    conversation,
    print: (lines) => void printed.push(...lines),
    onChange: () => changes++,
    onGone: () => printed.push('gone'),
    fail: (thrown) => failed.push(thrown),
    clock,
  });
  const host = {
    watch(session: string, after: number, listener: WatchListener) {
      const watch = { session, after, listener, closed: false };
      watches.push(watch);
      return { close: () => (watch.closed = true) };
    },
  } as unknown as Host;
  return {
    view,
    host,
    clock,
    printed,
    failed,
    watches,
    conversation,
    changes: () => changes,
    tell: (...events: StreamEvent[]) => tellTo('s-1', ...events),
    tellTo,
  };

  function tellTo(session: string, ...events: StreamEvent[]): void {
    const { listener } = watches.findLast((watch) => watch.session === session)!;
    for (const event of events) listener.onEvent(event);
  }
}

test('entries are shown at once, what comes with an answer in pieces, all in order', async () => {
  const { view, host, tell, printed, clock } = setUp();
  const { entry, delta } = createEvents();
  view.follow(host);
  tell(entry('turn.started'));
  expect(printed).toEqual(['#1']);
  tell(delta('a'), delta('b'));
  expect(printed).toEqual(['#1']);
  await clock.advance(30);
  expect(printed).toEqual(['#1', 'ab']);
  tell(delta('c'), delta('d', { kind: 'tool_output' }), delta('e', { attempt: 2 }), entry('turn.ended'));
  expect(printed).toEqual(['#1', 'ab', 'c', 'd', 'e', '#2']);
});

test('an event that must wait for its text holds those behind it', async () => {
  const slow = Promise.withResolvers<void>();
  const { view, host, tell, printed, changes } = setUp(new Map([[1, slow.promise]]));
  const { entry, delta } = createEvents();
  view.follow(host);
  tell(entry('turn.started'), delta('x'), delta('y'), entry('turn.ended'));
  expect(printed).toEqual([]);
  slow.resolve();
  await vi.waitFor(() => expect(printed).toEqual(['#1', 'xy', '#2']));
  expect(changes()).toBe(1);
});

test('an event that can’t be shown says so, and the others follow', async () => {
  const lost = new Error('the blob is missing');
  const { view, host, tell, printed, failed } = setUp(new Map([[1, Promise.reject(lost)]]));
  const { entry } = createEvents();
  view.follow(host);
  tell(entry('turn.started'), entry('turn.ended'));
  await vi.waitFor(() => expect(printed).toEqual(['#2']));
  expect(failed).toEqual([lost]);
});

test('another host goes on behind what was taken, and nothing is shown twice', async () => {
  const slow = Promise.withResolvers<void>();
  const { view, host, tell, printed, watches } = setUp(new Map([[1, slow.promise]]));
  const { entry } = createEvents();
  const [first, second, third] = [entry('input.received'), entry('turn.started'), entry('turn.ended')];
  view.follow(host);
  tell(first, second);
  view.follow(host);
  expect(watches.map(({ after, closed }) => ({ after, closed }))).toEqual([
    { after: 0, closed: true },
    { after: 1, closed: false },
  ]);
  tell(second, third);
  slow.resolve();
  await vi.waitFor(() => expect(printed).toEqual(['#1', '#2', '#3']));
});

test('after it was closed nothing is shown any more, also not what was on its way', async () => {
  const slow = Promise.withResolvers<void>();
  const { view, host, tell, printed, clock, changes, watches } = setUp(new Map([[1, slow.promise]]));
  const { entry, delta } = createEvents();
  view.follow(host);
  tell(delta('x'));
  tell(entry('turn.started'), entry('turn.ended'));
  view.close();
  slow.resolve();
  await clock.advance(1000);
  expect(printed).toEqual(['x']);
  expect(changes()).toBe(0);
  expect(watches[0]?.closed).toBe(true);
});

test('the session of a step is looked at as long as that runs, by whatever host there is', () => {
  const { view, host, tell, tellTo, printed, watches } = setUp();
  const { entry } = createEvents();
  const child = createEvents();
  view.follow(host);
  tell(entry('child.started'));
  tellTo('s-child', child.entry('turn.started'), child.entry('model.requested'));
  expect(printed).toEqual(['#1', 's-child turn.started', 's-child model.requested']);
  view.follow(host);
  expect(watches.map(({ session, after, closed }) => [session, after, closed])).toEqual([
    ['s-1', 0, true], ['s-child', 0, true], ['s-child', 2, false], ['s-1', 1, false],
  ]); // prettier-ignore
  tell(entry('child.finished'));
  tellTo('s-child', child.entry('turn.ended'));
  expect(printed.at(-1)).toBe('#2');
  expect(watches.filter(({ closed }) => !closed)).toHaveLength(1);
});

test('a session that is removed is told of', () => {
  const { view, host, watches, printed } = setUp();
  view.follow(host);
  watches[0]!.listener.onEnd!();
  expect(printed).toEqual(['gone']);
});

/** A journal of these entry types; what was asked of it. */
function journalOf(types: Entry['type'][]): Pick<Journal, 'read'> & { looked: number[] } {
  const looked: number[] = [];
  return {
    looked,
    async read(_, visit, from) {
      const last = from !== undefined && 'last' in from ? from.last : types.length;
      looked.push(last);
      for (let seq = Math.max(1, types.length - last + 1); seq <= types.length; seq++) {
        const entry = { v: 1, seq, at: seq, type: types[seq - 1], data: { turn: 1 } } as unknown as Entry;
        await visit({ entry, id: `${seq}-0`, hash: '', durable: 0 });
      }
      return { status: 'whole', seq: types.length, hash: '', durable: 0 };
    },
  };
}

const many = (count: number): Entry['type'][] => Array.from({ length: count }, () => 'timer.fired');

test('of a session that is there its end is read, back to a border between turns', async () => {
  const { conversation, lines } = await readEnd(journalOf(['turn.started', 'turn.ended']), 's-1', fakeConversation);
  expect(lines).toEqual(['#1', '#2']);
  expect(conversation.seq()).toBe(2);

  const long = journalOf([...many(5000), 'turn.ended', ...many(10)]);
  const end = await readEnd(long, 's-1', fakeConversation);
  expect(long.looked).toEqual([200]);
  expect(end.lines).toHaveLength(200);
});

test('an open turn is shown whole, however long it is', async () => {
  const journal = journalOf([...many(900), 'turn.started', ...many(1000)]);
  const { lines } = await readEnd(journal, 's-1', fakeConversation);
  expect(journal.looked).toEqual([200, 800, 3200]);
  expect(lines).toHaveLength(1901);
});

test('a session without entries has no lines', async () => {
  const { conversation, lines } = await readEnd(journalOf([]), 's-1', fakeConversation);
  expect(lines).toEqual([]);
  expect(conversation.seq()).toBe(0);
});
