import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownedStore, runProgram, storeIn, temporaryHome, type Program } from './testing.ts';

/** `npm test` runs 100; set it to 1000 to show more. */
const ROUNDS = Number(process.env['LOCK_ROUNDS'] ?? 100);
const RACERS = 8;

let home: string;
let remove: () => void;
const programs: Program[] = [];

beforeEach(() => ({ home, remove } = temporaryHome()));
afterEach(async () => {
  for (const { child } of programs) child.kill('SIGKILL');
  await Promise.all(programs.splice(0).map(({ ended }) => ended));
  remove();
});

function start(source: string): Program {
  const program = runProgram(source, home);
  programs.push(program);
  return program;
}

/** Takes the lock, says who got it, and holds it until it ends. */
const HOLDER = `
const lock = testing.storeIn(process.argv[1]).takeLock();
said(lock.ok ? { won: true, left_by: lock.left_by?.pid } : { won: false, held_by: lock.held_by?.pid });
setInterval(() => globalThis.gc?.(), 1000);
`;

/** Races in rounds: \`take\` tries once, \`drop\` gives back. */
const RACER = `
const racer = testing.storeIn(process.argv[1]);
let lock;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'take') said((lock = racer.takeLock()).ok);
  if (line === 'drop') { if (lock.ok) lock.release(); said(true); }
}
`;

test(
  `${ROUNDS} rounds of ${RACERS} racing processes give one winner each`,
  { timeout: 20_000 + ROUNDS * 100 },
  async () => {
    const racers = Array.from({ length: RACERS }, () => start(RACER));
    const all = (word: string) => {
      for (const racer of racers) racer.say(word);
      return Promise.all(racers.map((racer) => racer.next()));
    };
    const winners: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      winners.push((await all('take')).filter(Boolean).length);
      await all('drop');
    }
    expect(winners).toEqual(Array.from({ length: ROUNDS }, () => 1));
  },
);

test('H-49 a second process is refused and learns who holds the workspace', async () => {
  const first = start(HOLDER);
  expect(await first.next()).toEqual({ won: true });
  expect(storeIn(home).takeLock()).toEqual({
    ok: false,
    held_by: { pid: first.child.pid, program: 'test', version: '0', started_at: expect.any(Number) as number },
  });
});

test('H-50 a suspended holder is never displaced', async () => {
  const first = start(HOLDER);
  await first.next();
  first.child.kill('SIGSTOP');
  for (let tries = 0; tries < 3; tries++) {
    expect(await start(HOLDER).next()).toEqual({ won: false, held_by: first.child.pid });
  }
  first.child.kill('SIGCONT');
  expect(storeIn(home).takeLock().ok).toBe(false);
});

test("H-51 a killed holder's lock is free at once, and the next one learns whose it was", async () => {
  const first = start(HOLDER);
  await first.next();
  first.child.kill('SIGKILL');
  await first.ended;
  const next = start(HOLDER);
  expect(await next.next()).toEqual({ won: true, left_by: first.child.pid });
  next.child.kill('SIGKILL');
  await next.ended;
  const lock = storeIn(home).takeLock();
  expect(lock).toMatchObject({ ok: true, left_by: { pid: next.child.pid } });
  if (lock.ok) lock.release();
});

test('who fails right after taking it leaves the record of the killed holder to the next one', async () => {
  const first = start(HOLDER);
  await first.next();
  first.child.kill('SIGKILL');
  await first.ended;
  const path = join(home, 'workspaces', 'default', 'workspace.json');
  const whole = readFileSync(path);
  const failing = storeIn(home);
  writeFileSync(path, 'no JSON');
  expect(() => failing.takeLock()).toThrow('is not what the runtime wrote');
  writeFileSync(path, whole);
  const lock = storeIn(home).takeLock();
  expect(lock).toMatchObject({ ok: true, left_by: { program: 'test' } });
  if (lock.ok) lock.release();
});

test('H-52 two workspaces are held at the same time', async () => {
  const first = start(HOLDER);
  expect(await first.next()).toEqual({ won: true });
  const other = storeIn(home, undefined, 'other').takeLock();
  expect(other.ok).toBe(true);
  if (other.ok) other.release();
});

test('within a process, too, there is one holder, and reading beside it does not drop the lock', async () => {
  const { store } = ownedStore(home);
  expect(storeIn(home).takeLock().ok).toBe(false);
  await storeIn(home).journal.list();
  expect(await start(HOLDER).next()).toMatchObject({ won: false });
  await store.close();
  expect(await start(HOLDER).next()).toEqual({ won: true });
});

test('the lock outlives a garbage collection by a holder who kept nothing of it', async () => {
  const holder = start(`
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    (() => testing.storeIn(process.argv[1]).takeLock())();
    setFlagsFromString('--expose-gc');
    for (let i = 0; i < 5; i++) { runInNewContext('gc')(); await new Promise((resolve) => setImmediate(resolve)); }
    said('held');
    setInterval(() => {}, 1000);
  `);
  expect(await holder.next()).toBe('held');
  expect(storeIn(home).takeLock().ok).toBe(false);
});

test('it leaves no files but the lock, and after the release not the record of its holder', async () => {
  const { store } = ownedStore(home);
  const folder = store.folder;
  const beside = () => readdirSync(folder).filter((name) => /lock|owner/.test(name));
  expect(beside()).toEqual(['owner.json', 'workspace.lock']);
  await store.close();
  expect(beside()).toEqual(['workspace.lock']);
});

test('a lock file that was replaced is not the lock any more: the next holder takes the one that others find', async () => {
  const { store } = ownedStore(home);
  await store.close();
  renameSync(join(store.folder, 'workspace.lock'), join(store.folder, 'moved'));
  const { store: again } = ownedStore(home);
  expect(existsSync(join(store.folder, 'workspace.lock'))).toBe(true);
  expect(await start(HOLDER).next()).toMatchObject({ won: false });
  await again.close();
});

test('a record of a holder that cannot be read is no obstacle', async () => {
  const { store } = ownedStore(home);
  writeFileSync(join(store.folder, 'owner.json'), '{"pid":');
  expect(storeIn(home).takeLock()).toEqual({ ok: false, held_by: undefined });
  rmSync(join(store.folder, 'owner.json'));
  expect(storeIn(home).takeLock()).toEqual({ ok: false, held_by: undefined });
  await store.close();
});

test('an append without the lock, or with the fence of an earlier holding, is refused', async () => {
  const { store, fence } = ownedStore(home);
  await store.journal.open('s-1', () => {});
  await store.close();
  const lock = store.takeLock();
  await store.journal.open('s-1', () => {});
  const stale = store.journal.append('s-1', { expected_seq: 0, fence }, [], { sync: false });
  await expect(stale).rejects.toMatchObject({ code: 'internal' });
  if (lock.ok) lock.release();
  await expect(store.journal.open('s-2', () => {})).rejects.toMatchObject({ code: 'internal' });
});
