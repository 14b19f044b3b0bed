/** What holds while a sync is under way that is going to fail. */
import fs, { existsSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { digestOf } from '../base/digest.ts';
import type { Store } from './store.ts';
import { event, ownedStore, standingClock, storeIn, temporaryHome } from './testing.ts';

let home: string;
let remove: () => void;
let store: Store;
const underWay: SlowSync[] = [];

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  ({ store } = ownedStore(home, standingClock()));
});
afterEach(async () => {
  for (const { resolve } of underWay.splice(0)) resolve();
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  await store.close();
  remove();
});

const failure = (): Error => Object.assign(new Error('i/o error'), { code: 'EIO' });

interface SlowSync extends PromiseWithResolvers<void> {
  begun: Promise<void>;
}

/** The n-th sync of that kind from now ends when the test says so. Mocked modules wouldn't do: files share their modules. */
function slow(kind: 'fdatasync' | 'fsync', nth = 1): SlowSync {
  const ending = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  ending.promise.catch(() => {}); // whoever syncs is told
  let left = nth;
  const real = fs[kind];
  vi.spyOn(fs, kind).mockImplementation((fd, done) => {
    if (--left !== 0) return real(fd, done);
    begun.resolve();
    ending.promise.then(
      () => setImmediate(done, null),
      (thrown) => setImmediate(done, thrown),
    );
  });
  syncBuiltinESMExports();
  const sync = { ...ending, begun: begun.promise };
  underWay.push(sync);
  return sync;
}

async function settle(): Promise<void> {
  for (let n = 0; n < 50; n++) await new Promise((resolve) => setImmediate(resolve));
}

test('a message that comes again while the sync of its first try fails is still one', async () => {
  await store.ingress.accept(event('e-0'));
  const failing = slow('fdatasync');
  const tries: Promise<unknown>[] = [];
  const again = (id: string): void => void tries.push(store.ingress.accept(event(id, { idempotency_key: 'k' })));
  again('e-1');
  await failing.begun;
  failing.reject(failure());
  // At each moment around the failure one more comes.
  for (let n = 2; n < 60; n++) {
    again(`e-${n}`);
    await Promise.resolve();
  }
  await Promise.allSettled(tries);
  await store.ingress.accept(event('e-99', { idempotency_key: 'k' }));
  const pending = await store.ingress.pending();
  expect(pending.filter(({ idempotency_key }) => idempotency_key === 'k')).toHaveLength(1);
});

test('a new file takes nothing more from when its sync has failed, while that of its folder is under way', async () => {
  const log = await store.usage.open('2026-11', () => {});
  const line = { type: 'usage.worked' as const, data: { session: 's-1', budgets: [], wall_ms: 1 } };
  const [syncing, naming] = [slow('fdatasync'), slow('fsync')];
  log.append([line]);
  const path = join(store.folder, 'usage/2026-11.jsonl');
  const written = readFileSync(path, 'utf8');
  const synced = log.sync().catch((thrown: unknown) => thrown);
  await Promise.all([syncing.begun, naming.begun]);
  syncing.reject(failure());
  await settle();
  expect(() => log.append([line])).toThrow('takes nothing more');
  naming.resolve();
  expect(await synced).toMatchObject({ code: 'store_unavailable' });
  expect(readFileSync(path, 'utf8')).toBe(written);
});

test('nobody else gets the workspace before the name of a blob is durable or gone', async () => {
  const hex = digestOf('text').slice('sha256:'.length);
  const path = join(store.folder, 'blobs/sha256', hex.slice(0, 2), hex);
  const naming = slow('fsync', 2); // behind that of its bytes
  const put = store.blobs.put('text').catch((thrown: unknown) => thrown);
  await naming.begun;
  expect(existsSync(path)).toBe(true);
  const closed = store.close();
  await settle();
  expect(storeIn(home).takeLock()).toMatchObject({ ok: false });
  naming.reject(failure());
  await closed;
  expect(await put).toMatchObject({ code: 'store_unavailable' });
  ({ store } = ownedStore(home));
  expect(existsSync(path)).toBe(false);
});
