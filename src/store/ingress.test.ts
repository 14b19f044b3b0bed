import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf, sha256 } from '../base/digest.ts';
import type { Store } from './store.ts';
import { event, HOUR_MS, ownedStore, standingClock, storeIn, temporaryHome, type StandingClock } from './testing.ts';

const DAY_MS = 24 * HOUR_MS;

let home: string;
let remove: () => void;
let clock: StandingClock;
let store: Store;
let folder: string;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  clock = standingClock();
  ({ store } = ownedStore(home, clock));
  folder = join(store.folder, 'ingress');
});
afterEach(async () => {
  await store.close();
  remove();
});

async function reopen(): Promise<void> {
  await store.close();
  ({ store } = ownedStore(home, clock));
}

const pending = async (from: Store = store) => (await from.ingress.pending()).map(({ event_id }) => event_id);

test('an accepted event is pending until it is done, for every process and after a restart', async () => {
  expect(await pending()).toEqual([]);
  const first = event('e-1');
  expect(await store.ingress.accept(first)).toEqual({ event: first, duplicate: false });
  await store.ingress.accept(event('e-2'));
  expect(await store.ingress.pending()).toEqual([first, event('e-2')]);
  await store.ingress.done('e-1', 'success');
  for (const seen of [store, storeIn(home)]) {
    expect(await pending(seen)).toEqual(['e-2']);
    expect(await seen.ingress.pendingEvent('e-2')).toEqual(event('e-2'));
    expect(await seen.ingress.pendingEvent('e-1')).toBeUndefined();
  }
  await reopen();
  expect(await pending()).toEqual(['e-2']);
  await store.ingress.done('e-2', 'success');
  await store.ingress.done('e-2', 'success');
  await store.ingress.done('e-9', 'success');
  expect(await pending()).toEqual([]);
  expect(readFileSync(join(folder, '1.jsonl'), 'utf8').split('\n')).toHaveLength(4 + 1);
});

test('32 at once become one write and one sync, in their order', async () => {
  const ids = Array.from({ length: 32 }, (_, index) => `e-${index}`);
  await Promise.all(ids.map((id) => store.ingress.accept(event(id))));
  expect(await pending()).toEqual(ids);
  // One batch: not even its last line was built after a sync.
  const durables = readFileSync(join(folder, '1.jsonl'), 'utf8').match(/"durable":\d+/g);
  expect(new Set(durables)).toEqual(new Set(['"durable":0']));
  await store.ingress.accept(event('e-later'));
  expect(readFileSync(join(folder, '1.jsonl'), 'utf8')).toContain('"durable":32');
});

test('the same key of the same actor gives the first event back, also after a restart and when it is done', async () => {
  const first = event('e-1', { idempotency_key: 'k' });
  await store.ingress.accept(first);
  const again = () => store.ingress.accept(event('e-2', { idempotency_key: 'k' }));
  expect(await again()).toMatchObject({ event: { event_id: first.event_id }, duplicate: true });
  await store.ingress.done('e-1', 'success');
  await reopen();
  expect(await again()).toMatchObject({ event: { event_id: first.event_id }, duplicate: true });
  const other = event('e-3', { idempotency_key: 'k', actor: { id: 'someone', role: 'member' } });
  expect(await store.ingress.accept(other)).toEqual({ event: other, duplicate: false });
  expect(await pending()).toEqual(['e-3']);
});

test('A-5: the same key at the same time: one event', async () => {
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, index) => store.ingress.accept(event(`e-${index}`, { idempotency_key: 'k' }))),
  );
  expect(results.map(({ duplicate }) => duplicate)).toEqual([false, ...Array.from({ length: 19 }, () => true)]);
  expect(new Set(results.map((result) => result.event.event_id))).toEqual(new Set(['e-0']));
});

test('A-28: a key that comes with another payload is refused and leaves no trace', async () => {
  await store.ingress.accept(event('e-1', { idempotency_key: 'k' }));
  const before = readFileSync(join(folder, '1.jsonl'), 'utf8');
  const other = store.ingress.accept(event('e-2', { idempotency_key: 'k', payload_digest: digestOf('bye') }));
  await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused', exitCode: 1 });
  expect(readFileSync(join(folder, '1.jsonl'), 'utf8')).toBe(before);
});

test('H-34: a key is forgotten after its time, and then makes a new event', async () => {
  await store.ingress.accept(event('e-1', { idempotency_key: 'k', accepted_at: clock.now() }));
  clock.set(clock.now() + DAY_MS - 1);
  const later = () => store.ingress.accept(event('e-2', { idempotency_key: 'k', accepted_at: clock.now() }));
  expect(await later()).toMatchObject({ duplicate: true });
  clock.set(clock.now() + 1);
  expect(await later()).toMatchObject({ duplicate: false });
});

test('an event that is too long is refused alone', async () => {
  const long = event('e-long', { parts: [{ type: 'text', text: 'x'.repeat(1024 * 1024) }] });
  const results = await Promise.allSettled([event('e-1'), long, event('e-2')].map((one) => store.ingress.accept(one)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await pending()).toEqual(['e-1', 'e-2']);
});

const big = (id: string) =>
  event(id, { accepted_at: clock.now(), parts: [{ type: 'text', text: 'x'.repeat(400_000) }] });

test('a full segment is followed by a new one; the old go when all is done and their keys are forgotten', async () => {
  for (const id of ['e-1', 'e-2', 'e-3', 'e-4']) await store.ingress.accept(big(id));
  expect(readdirSync(folder).sort()).toEqual(['1.jsonl', '2.jsonl']);
  expect(readFileSync(join(folder, '2.jsonl'), 'utf8')).toContain(sha256('2.jsonl:default'));
  for (const id of ['e-2', 'e-3', 'e-4']) await store.ingress.done(id, 'success');
  clock.set(clock.now() + 2 * DAY_MS);
  await reopen();
  expect(await pending()).toEqual(['e-1']); // which keeps its segment, and so all marks behind it
  expect(readdirSync(folder).sort()).toEqual(['1.jsonl', '2.jsonl']);

  await store.ingress.done('e-1', 'success');
  clock.set(clock.now() - DAY_MS - 1);
  await reopen();
  expect(await pending()).toEqual([]);
  expect(readdirSync(folder).sort()).toEqual(['1.jsonl', '2.jsonl']); // its keys are still remembered
  clock.set(clock.now() + 1);
  await reopen();
  expect(await pending()).toEqual([]);
  await store.ingress.accept(big('e-5'));
  expect(readdirSync(folder)).toEqual(['3.jsonl']);
  await reopen();
  expect(await pending()).toEqual(['e-5']);
});

test('a segment is not gone on with for longer than keys are remembered: what is old can go', async () => {
  await store.ingress.accept(event('e-1', { accepted_at: clock.now() }));
  await store.ingress.done('e-1', 'success');
  for (const id of ['e-2', 'e-3']) {
    clock.set(clock.now() + DAY_MS);
    await store.ingress.accept(event(id, { accepted_at: clock.now() }));
    await store.ingress.done(id, 'success');
  }
  expect(readdirSync(folder)).toEqual(['3.jsonl']);
});

test('done marks reach the events of earlier segments, while new ones are begun', async () => {
  const ids = Array.from({ length: 12 }, (_, index) => `e-${index}`);
  await Promise.all(
    ids.map(async (id) => {
      await store.ingress.accept(big(id));
      await store.ingress.done(id, 'success');
    }),
  );
  for (const id of ids) await store.ingress.accept(big(`${id}-again`));
  await reopen();
  expect(await pending()).toEqual(ids.map((id) => `${id}-again`));
});

test('H-58, A-16 a torn last line is cut, and was never accepted', async () => {
  await store.ingress.accept(event('e-1'));
  await store.close();
  const path = join(folder, '1.jsonl');
  appendFileSync(path, readFileSync(path, 'utf8').replace('"seq":1', '"seq":2').slice(0, -30));
  expect(await pending(storeIn(home))).toEqual(['e-1']);
  ({ store } = ownedStore(home, clock));
  await store.ingress.accept(event('e-2'));
  expect(await pending()).toEqual(['e-1', 'e-2']);
  expect(readdirSync(join(store.folder, 'torn'))).toEqual(['ingress-1.jsonl-1']);
});

test('a damaged segment is neither written to nor read over', async () => {
  await store.ingress.accept(event('e-1'));
  await store.close();
  const path = join(folder, '1.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"hi"', '"ho"'));
  ({ store } = ownedStore(home, clock));
  await expect(store.ingress.accept(event('e-2'))).rejects.toMatchObject({ code: 'store_damaged' });
  await expect(storeIn(home).ingress.pending()).rejects.toMatchObject({ code: 'store_damaged' });
});

test('a segment that could not be opened is opened by who asks again', async () => {
  await store.ingress.accept(event('e-1', { idempotency_key: 'k' }));
  await store.close();
  const path = join(folder, '1.jsonl');
  const whole = readFileSync(path);
  writeFileSync(path, 'not a line\n');
  ({ store } = ownedStore(home, clock));
  await expect(store.ingress.accept(event('e-2'))).rejects.toMatchObject({ code: 'store_damaged' });
  writeFileSync(path, whole);
  expect(await store.ingress.accept(event('e-3', { idempotency_key: 'k' }))).toMatchObject({ duplicate: true });
  expect(await pending()).toEqual(['e-1']);
});

test('after a failed write the log is opened anew by who comes next', async () => {
  await store.ingress.accept(event('e-1', { idempotency_key: 'k' }));
  appendFileSync(join(folder, '1.jsonl'), 'torn');
  await expect(store.ingress.accept(event('e-2'))).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await store.ingress.accept(event('e-3', { idempotency_key: 'k' }))).toMatchObject({ duplicate: true });
  await store.ingress.accept(event('e-4'));
  expect(await pending()).toEqual(['e-1', 'e-4']);
});

test('accepting needs the lock', async () => {
  await expect(storeIn(home).ingress.accept(event('e-1'))).rejects.toMatchObject({ code: 'internal' });
  await expect(storeIn(home).ingress.done('e-1', 'x')).rejects.toMatchObject({ code: 'internal' });
});

test('an event is found with what became of it, by whoever looks', async () => {
  await store.ingress.accept(event('e-1'));
  await store.ingress.accept(event('e-2'));
  await store.ingress.done('e-1', 'success');
  for (const { ingress } of [store, storeIn(home)]) {
    expect(await ingress.find('e-1')).toEqual({
      event: event('e-1'),
      at: 'ingress/1.jsonl seq 1',
      done: { outcome: 'success', at: 'ingress/1.jsonl seq 3' },
    });
    expect(await ingress.find('e-2')).toEqual({ event: event('e-2'), at: 'ingress/1.jsonl seq 2' });
    expect(await ingress.find('e-3')).toBeUndefined();
  }
});

test('the holder reads nothing for an event that it does not have', async () => {
  await store.ingress.accept(event('e-1'));
  await store.ingress.done('e-1', 'success');
  await reopen();
  expect(await store.ingress.find('e-1')).toMatchObject({ done: { outcome: 'success' } });
  renameSync(folder, `${folder}-away`);
  writeFileSync(folder, '');
  await expect(store.ingress.find('e-1')).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await store.ingress.find('e-2')).toBeUndefined();
});
