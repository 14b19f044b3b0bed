import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../base/digest.ts';
import type { AuditRecord, Stored } from '../contract/records.ts';
import { buildLine } from './chain/line.ts';
import type { Store } from './store.ts';
import { ownedStore, standingClock, storeIn, temporaryHome, type StandingClock } from './testing.ts';

let home: string;
let remove: () => void;
let clock: StandingClock;
let store: Store;
let path: string;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  clock = standingClock();
  ({ store } = ownedStore(home, clock));
  path = join(store.folder, 'audit.jsonl');
});
afterEach(async () => {
  await store.close();
  remove();
});

const head = (session: string, seq: number): AuditRecord => ({
  type: 'head',
  data: { session, seq, hash: sha256(`${session} ${seq}`) },
});
const at = (session: string, seq: number) => ({ seq, hash: sha256(`${session} ${seq}`) });

async function all(from: Store = store): Promise<Stored<AuditRecord>[]> {
  const found: Stored<AuditRecord>[] = [];
  await from.audit.read((stored) => void found.push(stored));
  return found;
}

/** The file as so many heads would make it, without the time it takes to append them. */
function writeHeads(count: number, sessions: number): void {
  let prev = sha256('audit.jsonl:default');
  let text = '';
  for (let seq = 1; seq <= count; seq++) {
    const { type, data } = head(`s-${seq % sessions}`, seq);
    const built = buildLine({ at: clock.now(), type, data }, { seq, durable: 0, prev });
    prev = built.hash;
    text += built.text;
  }
  writeFileSync(path, text, { mode: 0o600 });
}

test('records come back in order with their place; without a file there are none', async () => {
  expect(await all()).toEqual([]);
  expect(await store.audit.head('s-1')).toBeUndefined();
  const denied: AuditRecord = { type: 'access.denied', data: { what: 'a', why: 'b', by: 'c' } };
  await store.audit.append(head('s-1', 8));
  await store.audit.append(denied, { sync: true });
  await store.audit.append(head('s-1', 16));
  const found = await all(storeIn(home));
  expect(found.map(({ seq, durable, record }) => ({ seq, durable, record }))).toEqual([
    { seq: 1, durable: 0, record: head('s-1', 8) },
    { seq: 2, durable: 0, record: denied },
    { seq: 3, durable: 2, record: head('s-1', 16) },
  ]);
  expect(found[0]!.prev).toBe(sha256('audit.jsonl:default'));
});

test('the newest head of a session is found, by whoever asks', async () => {
  for (const [session, seq] of [['s-1', 8], ['s-10', 9], ['s-1', 16], ['Ünï"x', 3]] as const) await store.audit.append(head(session, seq)); // prettier-ignore
  const reader = storeIn(home).audit;
  expect(await reader.head('s-1')).toEqual(at('s-1', 16));
  expect(await reader.head('s-10')).toEqual(at('s-10', 9));
  expect(await reader.head('Ünï"x')).toEqual(at('Ünï"x', 3));
  expect(await reader.head('s')).toBeUndefined();
});

test('a removed session has no head, until it has one again', async () => {
  const usage = { input: 1, output: 1, cached: 0, reasoning: 0 };
  await store.audit.append(head('s-1', 8));
  await store.audit.append(
    { type: 'session.removed', data: { session: 's-1', head: at('s-1', 8), usage, by: 'local' } },
    { sync: true },
  );
  expect(await store.audit.head('s-1')).toBeUndefined();
  await store.audit.append(head('s-1', 4));
  expect(await store.audit.head('s-1')).toEqual(at('s-1', 4));
});

test('in a long file the head is found wherever it lies, across the blocks in which the file is read', async () => {
  const count = 5000;
  writeHeads(count, 4999);
  expect(statSync(path).size).toBeGreaterThan(1024 * 1024);
  for (let n = 0; n < 4999; n += 7) {
    const seq = n === 1 ? count : n === 0 ? 4999 : n;
    expect(await store.audit.head(`s-${n}`)).toEqual(at(`s-${n}`, seq));
  }
  expect(await store.audit.head('s-9999')).toBeUndefined();
});

test('whoever asks for many heads is told what is appended, removed and torn meanwhile', async () => {
  const usage = { input: 1, output: 1, cached: 0, reasoning: 0 };
  const reader = storeIn(home).audit;
  const heads = async () => Promise.all(['s-1', 's-2', 's-3', 'Ünï"x'].map((session) => reader.head(session)));
  expect(await heads()).toEqual([undefined, undefined, undefined, undefined]);
  for (const session of ['s-1', 'Ünï"x', 's-2']) await store.audit.append(head(session, 8));
  expect(await heads()).toEqual([at('s-1', 8), at('s-2', 8), undefined, at('Ünï"x', 8)]);
  await store.audit.append(head('s-1', 9));
  await store.audit.append({
    type: 'session.removed',
    data: { session: 's-2', head: at('s-2', 8), usage, by: 'local' },
  });
  const known = [at('s-1', 9), undefined, undefined, at('Ünï"x', 8)];
  expect(await heads()).toEqual(known);
  appendFileSync(path, '{"v":1,"seq":6,"at":0,"type":"head","data":{"session":"s-3"');
  expect(await heads()).toEqual(known);
  await store.close();
  store = ownedStore(home, clock).store;
  await store.audit.append(head('s-3', 5)); // the torn end is cut
  expect(await heads()).toEqual([...known.slice(0, 2), at('s-3', 5), at('Ünï"x', 8)]);
});

test('damage counts for the sessions that its line names, also for whoever asks for many heads', async () => {
  for (const session of ['s-1', 's-2', 's-3']) await store.audit.append(head(session, 8));
  await store.close();
  writeFileSync(path, readFileSync(path, 'utf8').replace('"session":"s-1","seq":8', '"session":"s-1","seq":4'));
  const reader = storeIn(home).audit;
  for (let round = 0; round < 3; round++) {
    await expect(reader.head('s-1')).rejects.toMatchObject({ code: 'store_damaged' });
    expect(await reader.head('s-2')).toEqual(at('s-2', 8));
  }
});

test('a long file is gone on with, and what is not known to be durable stays short', async () => {
  writeHeads(3000, 10);
  for (let n = 1; n <= 3; n++) await store.audit.append(head('s-1', n));
  const end = await store.audit.read(() => {});
  expect(end).toMatchObject({ status: 'whole', seq: 3003, durable: 3000 });
  await store.close();
  store = ownedStore(home, clock).store;
  await store.audit.append(head('s-1', 4));
  expect(await store.audit.read(() => {})).toMatchObject({ status: 'whole', seq: 3004, durable: 3000 });
  expect(await store.audit.head('s-1')).toEqual(at('s-1', 4));
});

test('H-58 a torn last line is cut and kept, wherever the reading began', async () => {
  for (const count of [2, 3000]) {
    writeHeads(count, 10);
    appendFileSync(path, '{"v":1,"seq":');
    expect(await store.audit.head('s-2')).toEqual(at('s-2', count === 2 ? 2 : 2992));
    await store.audit.append(head('s-1', 1));
    expect(await store.audit.read(() => {})).toMatchObject({ status: 'whole', seq: count + 1, durable: count });
    await store.close();
    store = ownedStore(home, clock).store;
  }
});

test('a lost page among what was never synced is cut with all behind it', async () => {
  writeHeads(100, 10);
  const bytes = readFileSync(path);
  const from = bytes.indexOf('\n', 10_000) + 1;
  bytes.fill(0, from, from + 500);
  writeFileSync(path, bytes);
  await store.audit.append(head('s-1', 1));
  const { status, seq } = await store.audit.read(() => {});
  expect([status, seq]).toEqual(['whole', bytes.subarray(0, from).toString().split('\n').length]);
});

test('a head that was changed by hand is damage for its session, and for whoever reads all', async () => {
  await store.audit.append(head('s-1', 8));
  await store.audit.append(head('s-2', 8));
  await store.close();
  writeFileSync(path, readFileSync(path, 'utf8').replace('"session":"s-1","seq":8', '"session":"s-1","seq":4'));
  store = ownedStore(home, clock).store;
  await expect(store.audit.head('s-1')).rejects.toMatchObject({ code: 'store_damaged' });
  expect(await store.audit.head('s-2')).toEqual(at('s-2', 8));
  expect(await store.audit.read(() => {})).toMatchObject({
    status: 'damaged',
    failure: { line: 1, code: 'hash_mismatch' },
  });
  await expect(store.audit.append(head('s-3', 1))).rejects.toMatchObject({ code: 'store_damaged' });
});

test('time never goes back', async () => {
  await store.audit.append(head('s-1', 1));
  const now = clock.now();
  clock.set(now - 1000);
  await store.audit.append(head('s-1', 2));
  expect((await all()).map(({ at: time }) => time)).toEqual([now, now]);
});

test('appending needs the lock', async () => {
  await expect(storeIn(home).audit.append(head('s-1', 1))).rejects.toMatchObject({ code: 'internal' });
});
