/** What one key stands for while the log's sync fails. */
import { afterEach, expect, test, vi } from 'vitest';
import { event, ownedStore, standingClock, temporaryHome } from './testing.ts';
import * as files from './files.ts';

vi.mock('./files.ts', { spy: true });
afterEach(() => vi.restoreAllMocks());

test('a message that comes again while the sync of its first try fails is still one', async () => {
  const { home, remove } = temporaryHome();
  const { store } = ownedStore(home, standingClock());
  try {
    await store.ingress.accept(event('e-0'));
    const failing = Promise.withResolvers<void>();
    failing.promise.catch(() => {}); // whoever syncs is told
    vi.mocked(files.syncFile).mockImplementationOnce(() => failing.promise);
    const tries: Promise<unknown>[] = [];
    const again = (id: string): void => void tries.push(store.ingress.accept(event(id, { idempotency_key: 'k' })));
    again('e-1');
    await new Promise((resolve) => setTimeout(resolve, 20)); // its line is written
    failing.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }));
    // At each moment around the failure one more comes.
    for (let n = 2; n < 60; n++) {
      again(`e-${n}`);
      await Promise.resolve();
    }
    await Promise.allSettled(tries);
    await store.ingress.accept(event('e-99', { idempotency_key: 'k' }));
    const pending = await store.ingress.pending();
    expect(pending.filter(({ idempotency_key }) => idempotency_key === 'k')).toHaveLength(1);
  } finally {
    await store.close();
    remove();
  }
});
