/** From one format to the next: all is there, the old one is kept, and at any kill the one or the other stands. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Migration } from './migrations.ts';
import { openStore, type Store } from './store.ts';
import { entry, event, ownedStore, runProgram, standingClock, storeIn, temporaryHome } from './testing.ts';

let home: string;
let remove: () => void;

beforeEach(async () => {
  ({ home, remove } = temporaryHome());
  const { store, fence } = ownedStore(home);
  await store.journal.open('s-1', () => {});
  await store.journal.append('s-1', { expected_seq: 0, fence }, [entry(1), entry(2)], { sync: true });
  await store.ingress.accept(event('e-1'));
  await store.blobs.put('a blob');
  await store.close();
});
afterEach(() => remove());

const folder = (): string => join(home, 'workspaces/default');
const note =
  (name: string): Migration =>
  (made) =>
    writeFileSync(join(made, 'governance-note'), name);

function storeWith(migrations: readonly Migration[]): Store {
  const owner = { pid: process.pid, program: 'test', version: '0' };
  return openStore({
    home,
    workspace: 'default',
    clock: standingClock(),
    owner,
    idempotencyTtlMs: 1,
    deadLetterTtlMs: 1,
    migrations,
  });
}

async function expectAllThere(store: Store): Promise<void> {
  expect(await store.journal.read('s-1', () => {})).toMatchObject({ status: 'whole', seq: 2 });
  expect(await store.ingress.pending()).toMatchObject([{ event_id: 'e-1' }]);
}

test('whoever takes the lock migrates; readers leave it as it is', async () => {
  const reader = storeWith([note('two')]);
  expect(reader.workspace().v).toBe(1);
  await expectAllThere(reader);
  const store = storeWith([note('two'), note('three')]);
  const lock = store.takeLock();
  expect(lock.ok).toBe(true);
  expect(store.workspace()).toEqual({ v: 3, id: 'default', epoch: 1 });
  await expectAllThere(store);
  expect(readFileSync(join(folder(), 'governance-note'), 'utf8')).toBe('three');
  expect(readdirSync(join(home, 'workspaces')).sort()).toEqual(['default', 'default.before-format-3']);
  const { fence } = lock as { fence: number };
  await store.journal.open('s-1', () => {});
  await store.journal.append('s-1', { expected_seq: 2, fence }, [entry(3)], { sync: true });
  expect(storeWith([note('two'), note('three')]).takeLock().ok).toBe(false); // it is held where it stands now
  await store.close();
  expect(existsSync(join(folder(), 'owner.json'))).toBe(false);
  expect(() => storeIn(home)).toThrow(expect.objectContaining({ code: 'store_too_new' }));
});

test('one that fails changes nothing, and holds nothing', async () => {
  const store = storeWith([
    () => {
      throw new Error('no');
    },
  ]);
  expect(() => store.takeLock()).toThrow();
  const { store: old } = ownedStore(home);
  expect(old.workspace().v).toBe(1);
  await expectAllThere(old);
  await old.close();
});

const QUIET_STRACE = ['strace', '-f', '-qq', '-o', '/dev/null'];
const STRACE = spawnSync(QUIET_STRACE[0]!, [...QUIET_STRACE.slice(1), 'true']).status === 0;

describe.skipIf(!STRACE)(`killed at any point${STRACE ? '' : ' (skipped: strace may not trace here)'}`, () => {
  const MIGRATE = `
    const { openStore } = store;
    const { writeFileSync } = await import('node:fs');
    const owner = { pid: process.pid, program: 'test', version: '0' };
    const mine = openStore({ home: process.argv[1], workspace: 'default', clock: testing.standingClock(), owner,
      idempotencyTtlMs: 1, deadLetterTtlMs: 1, migrations: [(made) => writeFileSync(made + '/governance-note', 'two')] });
    if (!mine.takeLock().ok) throw new Error('held');
    await mine.close();
    said('done');
  `;
  const CALLS = 'rename,fsync,unlink,mkdir,rmdir';

  test('the one or the other stands whole, and the next start brings it about', { timeout: 120_000 }, async () => {
    let kills = 0;
    for (let when = 1; ; when++) {
      const wrapper = [...QUIET_STRACE, '-e', `trace=${CALLS}`, '-e', `inject=${CALLS}:signal=SIGKILL:when=${when}`];
      const program = runProgram(MIGRATE, home, wrapper);
      const done = (await program.next()) === 'done';
      await program.ended;
      const store = storeWith([note('two')]);
      expect([1, 2]).toContain(store.workspace().v);
      await expectAllThere(store);
      if (done) break;
      kills++;
    }
    expect(kills).toBeGreaterThan(10);
    expect(storeWith([note('two')]).workspace().v).toBe(2);
  });
});
