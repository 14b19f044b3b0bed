/** The lanes through the hub: who gets in, who goes first, and what becomes of what can't be given to its session. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RuntimeError } from '../../contract/errors.ts';
import type { EventStatus } from '../../contract/host.ts';
import type { Hub } from '../hub/hub.ts';
import { newHome, openHub, say } from '../testing/hubs.ts';

const ingressOf = (home: string): string => {
  const folder = join(home, 'workspaces/default/ingress');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
};
const filesIn = (folder: string): Set<string> => new Set(readdirSync(folder, { recursive: true, encoding: 'utf8' }));
const settle = (hub: Hub, ids: { event_id: string }[]): Promise<EventStatus[]> =>
  Promise.all(ids.map(({ event_id }) => hub.settled(event_id)));
const idsOf = async (hub: Hub, state: string): Promise<string[]> =>
  (await hub.queue()).filter((item) => item.state === state).map(({ event_id }) => event_id);

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it never came');
}

const running = (hub: Hub, count: number): Promise<void> =>
  until(async () => (await idsOf(hub, 'running')).length === count);

describe('admission', () => {
  const FULL = 'ingress: {interactive_queue_size: 2, background_queue_size: 1, interactive_submit_timeout: 50ms}\n';
  const NARROW = `${FULL}worker: {interactive_concurrency: 1, background_concurrency: 1}\n`;

  test('refuses what a full lane has no room for, and that leaves no trace', async () => {
    const { hub, home } = await openHub(newHome(NARROW), 'all');
    await hub.submit(say('slow', { session_id: 'busy' }));
    await running(hub, 1);
    await hub.submit(say('one'));
    await hub.submit(say('two'));
    const before = ingressOf(home);
    const folder = join(home, 'workspaces/default');
    const files = filesIn(folder);
    const long = 'too much '.repeat(5000);
    await expect(hub.submit(say(long, { session_id: 'new' }))).rejects.toMatchObject({ code: 'lane_full' });
    expect(ingressOf(home)).toBe(before);
    expect(filesIn(folder)).toEqual(files);
    expect(await hub.session('new')).toMatchObject({ status: 'absent' });
  });

  test('gives an interactive message the room that is made while it waits', async () => {
    const { hub } = await openHub(newHome(NARROW.replace('50ms', '20s')), 'all');
    const slow = await hub.submit(say('slow', { session_id: 'busy' }));
    await running(hub, 1);
    const waiting = [await hub.submit(say('one')), await hub.submit(say('two'))];
    const late = hub.submit(say('three'));
    await hub.stop('busy', slow.event_id);
    waiting.push(await late);
    for (const { status } of await settle(hub, waiting)) expect(status).toBe('done');
  });

  test('refuses a background message at once, and counts not what runs', async () => {
    const { hub } = await openHub(newHome(NARROW), 'all');
    const lane = 'background';
    await hub.submit(say('slow', { lane }));
    await running(hub, 1);
    await hub.submit(say('one', { lane }));
    await expect(hub.submit(say('two', { lane }))).rejects.toMatchObject({ code: 'lane_full', exitCode: 3 });
    expect(await hub.submit(say('hello'))).toMatchObject({ duplicate: false });
  });

  test('answers a message that is known also when its lane is full', async () => {
    const { hub } = await openHub(newHome(NARROW), 'all');
    const message = say('one', { lane: 'background', idempotency_key: 'k' });
    await hub.submit(say('slow', { lane: 'background' }));
    await running(hub, 1);
    const { event_id } = await hub.submit(message);
    expect(await hub.submit(message)).toMatchObject({ event_id, duplicate: true, status: 'queued' });
  });

  test('gives the place back when the accept fails', async () => {
    const { hub, workspace } = await openHub(newHome(NARROW), 'all');
    const { accept } = workspace.store.ingress;
    workspace.store.ingress.accept = () => Promise.reject(new RuntimeError('disk_full', 'No space.'));
    for (let n = 0; n < 3; n++) await expect(hub.submit(say('no'))).rejects.toMatchObject({ code: 'disk_full' });
    workspace.store.ingress.accept = accept;
    expect(await hub.settled((await hub.submit(say('yes'))).event_id)).toMatchObject({ status: 'done' });
  });
});

describe('dispatch', () => {
  test('works on so many sessions at a time, and on all in the end', async () => {
    const { hub } = await openHub(newHome('worker: {interactive_concurrency: 2}\n'), 'all');
    const sent = [];
    for (let n = 0; n < 5; n++) sent.push(await hub.submit(say('soon', { session_id: `s${n}` })));
    expect(sent.map(({ position }) => position)).toEqual([0, 0, 0, 1, 2]);
    await running(hub, 2);
    expect(await idsOf(hub, 'waiting')).toEqual(sent.slice(2).map(({ event_id }) => event_id));
    for (const { status } of await settle(hub, sent)) expect(status).toBe('done');
    expect(await hub.queue()).toEqual([]);
  });

  test('gives priority, keeps what a sender wants to find again, and shows it', async () => {
    const { hub } = await openHub(newHome('worker: {background_concurrency: 1}\n'), 'all');
    const lane = 'background';
    await hub.submit(say('slow', { lane, session_id: 'busy' }));
    await running(hub, 1);
    const low = await hub.submit(say('low', { lane }));
    const high = await hub.submit(
      say('high\nand more', { lane, priority: 9, metadata: { ticket: '7' }, source: 'ci' }),
    );
    expect(high).toMatchObject({ position: 0, status: 'queued' });
    expect(await idsOf(hub, 'waiting')).toEqual([high.event_id, low.event_id]);
    expect(await hub.queueItem(high.event_id.slice(0, 20))).toMatchObject({
      event_id: high.event_id, lane, priority: 9, metadata: { ticket: '7' }, source: 'ci', actor: 'local', title: 'high',
      state: 'waiting', position: 0,
    }); // prettier-ignore
    expect(await hub.queueItem(low.event_id)).toMatchObject({ position: 1 });
  });

  test('A-21: a sender with many waiting does not delay the first of another', async () => {
    const { hub } = await openHub(newHome('worker: {interactive_concurrency: 1}\n'), 'all');
    const slow = await hub.submit(say('slow', { session_id: 'busy' }));
    await running(hub, 1);
    for (let n = 0; n < 50; n++) await hub.submit(say(`many ${n}`, { source: 'many' }));
    const other = await hub.submit(say('other', { source: 'other' }));
    expect(other.position).toBe(1);
    await hub.stop('busy', slow.event_id);
    await hub.settled(other.event_id);
    expect((await idsOf(hub, 'waiting')).length).toBeGreaterThan(40);
  });

  test('what is interactive goes on beside a full background, and before it in the same session', async () => {
    const { hub } = await openHub(newHome('worker: {background_concurrency: 1}\n'), 'all');
    const lane = 'background';
    const slow = await hub.submit(say('slow', { lane, session_id: 's' }));
    await running(hub, 1);
    const later = await hub.submit(say('later', { lane, session_id: 's' }));
    const now = await hub.submit(say('now', { session_id: 's' }));
    const beside = await hub.submit(say('beside'));
    expect(await hub.settled(beside.event_id)).toMatchObject({ status: 'done' });
    expect(await hub.queueItem(now.event_id)).toMatchObject({ state: 'delivered' });
    expect(await hub.queueItem(later.event_id)).toMatchObject({ state: 'waiting' });
    await hub.stop('s', slow.event_id);
    const [first, second] = await settle(hub, [now, later]);
    expect([first!.turn, second!.turn]).toEqual([2, 3]);
  });

  test('what was done while it waited, though nobody could be told, leaves the lane', async () => {
    const { hub, workspace } = await openHub(newHome('worker: {interactive_concurrency: 1}\n'), 'all');
    const slow = await hub.submit(say('slow', { session_id: 'busy' }));
    await running(hub, 1);
    const waiting = await hub.submit(say('later', { session_id: 'other' }));
    await workspace.store.ingress.done(waiting.event_id, 'canceled');
    await hub.stop('busy', slow.event_id);
    expect(await hub.settled((await hub.submit(say('next'))).event_id)).toMatchObject({ status: 'done' });
    expect(await hub.queue()).toEqual([]);
  });

  test('what was answered, though its end could not be noted, is not stopped once it was sent again', async () => {
    const { hub, home, workspace } = await openHub(newHome('worker: {interactive_concurrency: 1}\n'), 'all');
    const { done } = workspace.store.ingress;
    workspace.store.ingress.done = () => Promise.reject(new RuntimeError('disk_full', 'No space.'));
    const message = say('hello', { session_id: 's', idempotency_key: 'k' });
    const { event_id } = await hub.submit(message);
    const answered = { status: 'done', reason: 'success', turn: 1 };
    expect(await hub.settled(event_id)).toMatchObject(answered);
    workspace.store.ingress.done = done;
    const slow = await hub.submit(say('slow', { session_id: 'busy' }));
    await running(hub, 1);
    expect(await hub.submit(message)).toMatchObject({ event_id, duplicate: true });
    await hub.stop('s', event_id);
    const stops: unknown[] = [];
    await workspace.store.journal.read('s', ({ entry }) => {
      if (entry.type === 'input.received') stops.push(entry.data.for);
    });
    expect(stops).toEqual([undefined, event_id]);
    await hub.stop('busy', slow.event_id);
    await until(async () => (await hub.queue()).length === 0);
    expect(await hub.event(event_id)).toMatchObject(answered);
    await expect(hub.leave()).rejects.toMatchObject({ code: 'disk_full' });
    const next = await openHub(home, 'all');
    expect(await next.hub.event(event_id)).toMatchObject(answered);
    await until(async () => (await next.hub.queue()).length === 0);
    await next.hub.leave();
    const marks = ingressOf(home)
      .split('\n')
      .filter((line) => line.includes('event.done') && line.includes(event_id));
    expect(marks).toEqual([expect.stringContaining('success')]);
  });

  test('A-22: who waits for a person holds no place; the answer lets it go on at once', async () => {
    const { hub } = await openHub(newHome('worker: {interactive_concurrency: 1}\n'), 'all');
    const asks = await hub.submit(say('ask', { session_id: 's' }));
    const { approvals } = await hub.settled(asks.event_id);
    const busy = await hub.submit(say('slow', { session_id: 'busy' }));
    await running(hub, 1);
    expect(await hub.queueItem(asks.event_id)).toMatchObject({ state: 'waiting_approval' });
    const behind = await hub.submit(say('behind', { session_id: 's' }));
    expect(behind).toMatchObject({ waiting_on: approvals });
    const held = await hub.submit(say('held', { session_id: 's', lane: 'background' }));
    expect(await hub.settled(held.event_id)).toMatchObject({ status: 'waiting_approval', approvals });
    await hub.resolve(approvals[0]!, { decision: 'grant' });
    expect((await settle(hub, [asks, behind, held])).map(({ turn }) => turn)).toEqual([1, 2, 3]);
    expect(await hub.event(busy.event_id)).toMatchObject({ status: 'running' });
  });

  test('messages of a session are answered in the order in which they came', async () => {
    const { hub } = await openHub(newHome('worker: {interactive_concurrency: 1}\n'), 'all');
    const sent = [await hub.submit(say('soon', { session_id: 'other' }))];
    for (let n = 0; n < 6; n++) sent.push(await hub.submit(say(`m${n}`, { session_id: 's', priority: n })));
    const [, ...done] = await settle(hub, sent);
    expect(done.map(({ turn }) => turn)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('what still waits is stopped without its session ever seeing it', async () => {
    const { hub, home } = await openHub(newHome('worker: {interactive_concurrency: 1}\n'), 'all');
    await hub.submit(say('slow', { session_id: 'busy' }));
    await running(hub, 1);
    const { event_id } = await hub.submit(say('never', { session_id: 's' }));
    const told = hub.settled(event_id);
    await hub.stop('s', event_id);
    const ended = { event_id, session_id: 's', status: 'done', reason: 'canceled' };
    expect(await told).toMatchObject(ended);
    expect(await hub.session('s')).toMatchObject({ status: 'absent', queued: [] });
    await hub.leave();
    const next = await openHub(home, 'all');
    expect(await next.hub.event(event_id)).toMatchObject(ended);
  });

  test('after a start all that waited is worked on, so much at a time', async () => {
    const first = await openHub(newHome('worker: {background_concurrency: 3}\n'), 'all');
    const lane = 'background';
    const busy = [];
    for (let n = 0; n < 3; n++) busy.push(await first.hub.submit(say('soon', { lane, session_id: `busy${n}` })));
    const sent = [];
    for (let n = 0; n < 100; n++) sent.push(await first.hub.submit(say(`m${n}`, { lane, session_id: `s${n % 40}` })));
    await first.hub.leave();

    const { hub, workspace } = await openHub(first.home, 'all');
    let most = 0;
    const looking = setInterval(() => {
      void hub.queue().then((items) => {
        most = Math.max(most, items.filter(({ state }) => state === 'running' || state === 'delivered').length);
      });
    }, 1);
    for (const [n, status] of (await settle(hub, sent)).entries()) {
      expect(status).toMatchObject({ status: 'done', reason: 'success', text: `You said m${n}` });
    }
    await settle(hub, busy);
    clearInterval(looking);
    expect(most).toBeLessThanOrEqual(3);
    expect(await hub.queue()).toEqual([]);
    for (let n = 0; n < 40; n++) {
      const ends: string[] = [];
      await workspace.store.journal.read(`s${n}`, ({ entry }) => {
        if (entry.type === 'turn.ended') ends.push(...entry.data.event_ids);
      });
      expect(ends).toEqual(sent.filter((_, at) => at % 40 === n).map(({ event_id }) => event_id));
    }
  });
});

describe('a dead letter', () => {
  /** A hub whose session `bad` is damaged, with a message for it that waits. */
  async function damaged(config = '') {
    const first = await openHub(newHome(config), 'named');
    await first.hub.settled((await first.hub.submit(say('hello', { session_id: 'bad' }))).event_id);
    const { event_id } = await first.hub.submit(say('slow', { session_id: 'bad' }));
    await first.hub.leave();
    const file = join(first.home, 'workspaces/default/sessions/bad.jsonl');
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.replace('"kind":"chat"', '"kind":"chaT"'));
    return { ...(await openHub(first.home, 'all')), event_id, mend: () => writeFileSync(file, whole) };
  }

  test('is what could not be given to its session; others go on', async () => {
    const { hub, event_id } = await damaged();
    const other = await hub.submit(say('hello', { session_id: 'good' }));
    expect(await hub.settled(other.event_id)).toMatchObject({ status: 'done' });
    expect(await hub.settled(event_id)).toMatchObject({
      status: 'dead',
      why: expect.stringContaining('store_damaged'),
    });
    expect(await hub.queue()).toMatchObject([{ event_id, state: 'dead', why: expect.any(String) }]);
  });

  test('is kept over a start, tried again as the same message, and answered once', async () => {
    const { hub, home, event_id, mend } = await damaged();
    await hub.settled(event_id);
    await hub.leave();
    mend();
    const next = await openHub(home, 'all');
    expect(await next.hub.event(event_id)).toMatchObject({ status: 'dead' });
    expect(await next.hub.retryDead(event_id)).toMatchObject({ event_id, session_id: 'bad' });
    await running(next.hub, 1);
    await next.hub.stop('bad', event_id);
    expect(await next.hub.settled(event_id)).toMatchObject({ status: 'done', reason: 'canceled', turn: 2 });
    expect(await next.hub.session('bad')).toMatchObject({ turns: 2 });
    await expect(next.hub.retryDead(event_id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is dropped for good', async () => {
    const { hub, home, event_id } = await damaged('ingress: {delivery_attempts: 1}\n');
    await hub.settled(event_id);
    expect(await hub.dropQueued(event_id)).toMatchObject({ event_id, state: 'dead' });
    expect(await hub.queue()).toEqual([]);
    await hub.leave();
    const next = await openHub(home, 'all');
    expect(await next.hub.queue()).toEqual([]);
  });

  test('a store that fails is no fault of a message', async () => {
    const first = await openHub(newHome('ingress: {delivery_attempts: 1}\n'), 'named');
    await first.hub.submit(say('slow', { session_id: 's' }));
    await first.hub.leave();
    const { hub, workspace } = await openHub(first.home, 'all');
    const { open } = workspace.store.journal;
    let failed = 0;
    workspace.store.journal.open = (...args) => {
      if (++failed > 2) return open(...args);
      return Promise.reject(new RuntimeError('store_unavailable', 'It does not answer.'));
    };
    await running(hub, 1);
    expect(await hub.queue()).toMatchObject([{ state: 'running' }]);
  });

  test(
    'a store that fails again and again ends the owner, and the message waits for the next',
    { timeout: 20_000 },
    async () => {
      const first = await openHub(newHome('ingress: {delivery_attempts: 1}\n'), 'named');
      const { event_id } = await first.hub.submit(say('slow', { session_id: 's' }));
      await first.hub.leave();
      const { hub, workspace } = await openHub(first.home, 'all');
      const broken = new RuntimeError('disk_full', 'No space.');
      workspace.store.journal.open = () => Promise.reject(broken);
      expect(await hub.lost).toMatchObject({ handed_over: false, error: { code: 'disk_full' } });
      expect(await hub.queue()).toMatchObject([{ event_id, state: 'waiting' }]);
      await hub.leave();
      const next = await openHub(first.home, 'all');
      await running(next.hub, 1);
    },
  );
});

test('A-26: a message that no session has is dropped; one that has begun is not', async () => {
  const { hub } = await openHub(newHome('worker: {interactive_concurrency: 1}\n'), 'all');
  const busy = await hub.submit(say('slow', { session_id: 'busy' }));
  await running(hub, 1);
  const { event_id } = await hub.submit(say('never', { session_id: 's' }));
  expect(await hub.dropQueued(event_id)).toMatchObject({ event_id, state: 'waiting' });
  expect(await hub.event(event_id)).toMatchObject({ status: 'done', reason: 'canceled' });
  await expect(hub.dropQueued(busy.event_id)).rejects.toMatchObject({ code: 'message_begun' });
  await expect(hub.dropQueued('e-none')).rejects.toMatchObject({ code: 'not_found' });
});

test('without lanes the queue is told, and what no session has is dropped', async () => {
  const { hub } = await openHub();
  const busy = await hub.submit(say('slow', { session_id: 's' }));
  await running(hub, 1);
  const behind = await hub.submit(say('behind', { session_id: 's', priority: 3 }));
  expect(await hub.queue()).toMatchObject([
    { event_id: busy.event_id, state: 'running', position: 0 },
    { event_id: behind.event_id, state: 'delivered', position: 0, priority: 3 },
  ]);
  await expect(hub.dropQueued(behind.event_id)).rejects.toMatchObject({ code: 'message_begun' });
});
