import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entry } from '../contract/entries.ts';
import type { Journal } from '../contract/ports.ts';
import { entry, ownedStore, temporaryHome } from '../store/testing.ts';
import { createIdIndex, type IdIndex } from './id-index.ts';

let journal: Journal;
let index: IdIndex;
/** Of each reading: of which session, from where on. */
let readings: [session: string, from: unknown][];
let listings: number;
let write: (session: string, ...entries: Entry[]) => Promise<void>;
let done: () => Promise<void>;

beforeEach(() => {
  const { home, remove } = temporaryHome();
  const { store, fence } = ownedStore(home);
  ({ journal } = store);
  readings = [];
  listings = 0;
  index = createIdIndex({
    list() {
      listings++;
      return journal.list();
    },
    read(session, visit, from) {
      readings.push([session, from]);
      return journal.read(session, visit, from);
    },
  });
  write = async (session, ...entries) => {
    const { seq } = await journal.open(session, () => {});
    const numbered = entries.map((one, at) => ({ ...one, seq: seq + 1 + at }));
    await journal.append(session, { expected_seq: seq, fence }, numbered, { sync: false });
  };
  done = async () => {
    await store.close();
    remove();
  };
});
afterEach(() => done());

const message = (event_id: string): Entry =>
  ({ ...entry(0), type: 'input.received', data: { event_id, mode: 'message' } }) as unknown as Entry;
const approval = (approval_id: string): Entry =>
  ({ ...entry(0), type: 'approval.requested', data: { approval_id } }) as unknown as Entry;

test('names the sessions that have an id, and no others', async () => {
  await write('s-1', message('e-1'), approval('a-1234'));
  await write('s-2', message('e-2'), approval('a-1256'));
  expect(await index.ofMessage('e-2', 0)).toEqual(['s-2']);
  expect(await index.ofMessage('e-3', 0)).toEqual([]);
  expect((await index.ofApproval('a-12')).sort()).toEqual(['s-1', 's-2']);
  expect(await index.ofApproval('a-123')).toEqual(['s-1']);
  expect(await index.ofApproval('a-123', new Set(['s-2']))).toEqual([]);
});

test('reads each journal once, and then what was written to it since', async () => {
  await write('s-1', message('e-1'));
  await write('s-2', message('e-2'), entry(0));
  for (let n = 0; n < 3; n++) expect(await index.ofMessage('e-none', 0)).toEqual([]);
  expect(Object.fromEntries(readings)).toEqual({ 's-1': { after: 0 }, 's-2': { after: 0 } });
  expect(readings).toHaveLength(2);
  readings = [];
  await write('s-2', message('e-3'), approval('a-1234'));
  expect(await index.ofMessage('e-3', 0)).toEqual(['s-2']);
  expect(await index.ofMessage('e-2', 0)).toEqual(['s-2']);
  expect(await index.ofApproval('a-1234')).toEqual(['s-2']);
  expect(readings).toEqual([['s-2', { after: 1 }]]); // from the last that was known, to see that it still stands there
});

test('many who search at once have it read once, and listed twice', async () => {
  await write('s-1', message('e-1'));
  const all = await Promise.all(Array.from({ length: 50 }, (_, n) => index.ofMessage(`e-${n}`, 0)));
  expect(all.flat()).toEqual(['s-1']);
  expect([readings.length, listings]).toEqual([1, 2]);
});

test('a session that was removed and made anew has what it has now', async () => {
  await write('s-1', message('e-1'), entry(0));
  expect(await index.ofMessage('e-1', 0)).toEqual(['s-1']);
  await journal.remove('s-1');
  await write('s-1', message('e-2'), entry(0), message('e-3'));
  expect(await index.ofMessage('e-1', 0)).toEqual([]);
  expect(await index.ofMessage('e-2', 0)).toEqual(['s-1']);
  await journal.remove('s-1');
  expect(await index.ofMessage('e-2', 0)).toEqual([]);
});

test('of those that changed since alone', async () => {
  await write('s-1', message('e-1'));
  expect(await index.ofMessage('e-1', Date.now() + 60_000)).toEqual([]);
  expect(readings).toEqual([]);
});
