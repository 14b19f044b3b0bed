import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../base/digest.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Entry } from '../contract/entries.ts';
import type { Journal, StoredEntry } from '../contract/ports.ts';
import { readJournalFile } from './journal-file.ts';
import type { Store } from './store.ts';
import { entry, ownedStore, storeIn, temporaryHome } from './testing.ts';

const MISSING = { status: 'absent', seq: 0, hash: '', durable: 0 };

let home: string;
let remove: () => void;
let store: Store;
let fence: number;
let journal: Journal;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  ({ store, fence } = ownedStore(home));
  journal = store.journal;
});
afterEach(async () => {
  await store.close();
  remove();
});

const nothing = () => {};

async function entriesOf(session: string, from: Journal = journal): Promise<StoredEntry[]> {
  const found: StoredEntry[] = [];
  await from.read(session, (stored) => void found.push(stored));
  return found;
}

/** Opens a new session and writes its creation, so that its file says whose it is. */
async function create(session: string, ...more: Entry[]): Promise<void> {
  const created = { v: 1, seq: 1, at: 1, type: 'session.created', data: { session_id: session } } as Entry;
  await journal.open(session, nothing);
  await journal.append(session, { expected_seq: 0, fence }, [created, ...more], { sync: true });
}

test('what was appended is read back, by the writer, by another process in place, and after a new opening', async () => {
  expect(await journal.open('s-1', nothing)).toEqual(MISSING);
  const first = await journal.append('s-1', { expected_seq: 0, fence }, [entry(1), entry(2)], { sync: true });
  const second = await journal.append('s-1', { expected_seq: 2, fence }, [entry(3)], { sync: false });
  expect([first.durable, second.durable]).toEqual([2, 2]);
  const stored = [...first.stored, ...second.stored];
  expect(stored.map(({ entry: { seq }, durable }) => [seq, durable])).toEqual([[1, 0], [2, 0], [3, 2]]); // prettier-ignore
  expect(stored.map(({ id, hash }) => id === `${id.split('-')[0]}-${hash.slice(0, 8)}`)).toEqual([true, true, true]);

  expect(await entriesOf('s-1')).toEqual(stored);
  expect(await entriesOf('s-1', storeIn(home).journal)).toEqual(stored);
  const seen: StoredEntry[] = [];
  const end = await journal.open('s-1', (found) => void seen.push(found));
  expect(end).toEqual({ status: 'whole', seq: 3, hash: stored[2]!.hash, durable: 2 });
  expect(seen).toEqual(stored);
});

test('a journal is made of entries as they come, whole or not at all', async () => {
  await journal.create('made', async (write) => {
    for (let seq = 1; seq <= 3; seq++) write(entry(seq));
    await Promise.resolve();
    write(entry(4));
  });
  const found = await entriesOf('made');
  expect(found.map(({ entry: { seq } }) => seq)).toEqual([1, 2, 3, 4]);
  await expect(journal.create('made', async () => {})).rejects.toMatchObject({ code: 'session_exists' });
  const failing = journal.create('failed', async (write) => {
    write(entry(1));
    throw new RuntimeError('not_found', 'there is no more');
  });
  await expect(failing).rejects.toMatchObject({ code: 'not_found' });
  expect(readdirSync(join(store.folder, 'sessions'))).toEqual(['made.jsonl']);
});

test('a visit that takes its time is waited for', async () => {
  await create('s-1', entry(2), entry(3));
  let busy = 0;
  const order: number[] = [];
  await journal.read('s-1', async ({ entry: { seq } }) => {
    busy++;
    await new Promise((resolve) => setImmediate(resolve));
    expect(busy--).toBe(1);
    order.push(seq);
  });
  expect(order).toEqual([1, 2, 3]);
});

test('what a visit throws comes out, and the journal can be opened afterwards', async () => {
  await create('s-1');
  const fails = () => {
    throw new RangeError('no such state');
  };
  await expect(journal.open('s-1', fails)).rejects.toThrow('no such state');
  expect(await journal.open('s-1', nothing)).toMatchObject({ status: 'whole', seq: 1 });
});

test('compare-and-set: who expects another end than the one there is writes nothing', async () => {
  await create('s-1');
  const late = journal.append('s-1', { expected_seq: 0, fence }, [entry(1)], { sync: true });
  await expect(late).rejects.toMatchObject({ code: 'store_unavailable' });
  const gap = journal.append('s-1', { expected_seq: 1, fence }, [entry(3)], { sync: true });
  await expect(gap).rejects.toMatchObject({ code: 'internal' });
  expect(await entriesOf('s-1')).toHaveLength(1);
});

test('lines that someone else wrote behind our back are not written over', async () => {
  await create('s-1');
  const path = join(store.folder, 'sessions', 's-1.jsonl');
  const theirs = `${readFileSync(path, 'utf8')}{"theirs":true}\n`;
  writeFileSync(path, theirs);
  const append = () => journal.append('s-1', { expected_seq: 1, fence }, [entry(2)], { sync: true });
  await expect(append()).rejects.toMatchObject({ code: 'store_unavailable' });
  await expect(append()).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(readFileSync(path, 'utf8')).toBe(theirs);
});

test('H-56 100 concurrent appends are 100 valid lines', async () => {
  await journal.open('s-1', nothing);
  const appends = Array.from({ length: 100 }, (_, index) =>
    journal.append('s-1', { expected_seq: index, fence }, [entry(index + 1)], { sync: true }),
  );
  const results = await Promise.all(appends);
  expect(results.every(({ durable }, index) => durable > index)).toBe(true);
  expect(await journal.read('s-1', nothing)).toMatchObject({ status: 'whole', seq: 100 });
  expect((await entriesOf('s-1')).map(({ entry: { seq } }) => seq)).toEqual(results.map((_, index) => index + 1));
});

test('a sync makes all before it durable, and says so in the next line', async () => {
  await create('s-1');
  await journal.append('s-1', { expected_seq: 1, fence }, [entry(2), entry(3)], { sync: false });
  expect(await Promise.all([journal.sync('s-1'), journal.sync('s-1')])).toEqual([3, 3]);
  const { stored } = await journal.append('s-1', { expected_seq: 3, fence }, [entry(4)], { sync: false });
  expect(stored[0]!.durable).toBe(3);
});

test('an entry that is too long, or of no known type, is not written, and hurts no other', async () => {
  await create('s-1');
  const append = (added: Entry) => journal.append('s-1', { expected_seq: 1, fence }, [added], { sync: true });
  await expect(append(entry(2, 'x'.repeat(1024 * 1024)))).rejects.toMatchObject({ code: 'internal' });
  await expect(append({ ...entry(2), type: 'no.such' } as unknown as Entry)).rejects.toMatchObject({
    code: 'internal',
  });
  await append(entry(2));
  expect(await entriesOf('s-1')).toHaveLength(2);
});

test('a session that is not open takes nothing', async () => {
  const refused = { code: 'internal' };
  const append = () => journal.append('s-1', { expected_seq: 0, fence }, [entry(1)], { sync: false });
  await expect(append()).rejects.toMatchObject(refused);
  await create('s-1');
  await journal.close('s-1');
  await expect(append()).rejects.toMatchObject(refused);
  await expect(journal.sync('s-1')).rejects.toMatchObject(refused);
});

const REFUSED = ['', '.', '..', '../../evil', '../../x', 'a/b', 'a\\b', '/etc/passwd', '-x', '.x', 'a b', 'a\nb', 'é'];

test.each(REFUSED)('H-43 the id %j is refused, and nothing is made', async (id) => {
  const before = readdirSync(home, { recursive: true });
  await expect(journal.open(id, nothing)).rejects.toMatchObject({ code: 'invalid_id' });
  await expect(journal.read(id, nothing)).rejects.toMatchObject({ code: 'invalid_id' });
  await expect(journal.remove(id)).rejects.toMatchObject({ code: 'invalid_id' });
  expect(readdirSync(home, { recursive: true })).toEqual(before);
});

test('H-44 an id of more than 128 characters, or with NUL, is refused', async () => {
  await expect(journal.open('x'.repeat(129), nothing)).rejects.toMatchObject({ code: 'invalid_id' });
  await expect(journal.open('x'.repeat(300), nothing)).rejects.toMatchObject({ code: 'invalid_id' });
  await expect(journal.open('a\0b', nothing)).rejects.toMatchObject({ code: 'invalid_id' });
});

test('an id that is no safe name lies under its hash, and no two ids share a file', async () => {
  const hashed = (id: string) => `h-${sha256(id).slice(0, 32)}`;
  const names: Record<string, string> = {
    's-01jd': 's-01jd',
    nul_1: 'nul_1',
    'Case.Counts': hashed('Case.Counts'),
    'case.counts': hashed('case.counts'),
    'telegram:42@x+y': hashed('telegram:42@x+y'),
    ['x'.repeat(65)]: hashed('x'.repeat(65)),
    [hashed('Case.Counts')]: hashed(hashed('Case.Counts')),
  };
  for (const id of Object.keys(names)) await create(id);
  expect(readdirSync(join(store.folder, 'sessions')).sort()).toEqual(
    Object.values(names).map((name) => `${name}.jsonl`).sort(), // prettier-ignore
  );
  expect((await journal.list()).map(({ session_id }) => session_id).sort()).toEqual(Object.keys(names).sort());
});

test('the list is newest first, and knows a fork under a hashed name by its own id', async () => {
  await create('Origin');
  const forked = { ...entry(2), type: 'session.forked', data: { session_id: 'The.Fork' } } as unknown as Entry;
  const created = { ...entry(1), type: 'session.created', data: { session_id: 'Origin' } } as unknown as Entry;
  await journal.open('The.Fork', nothing);
  await journal.append('The.Fork', { expected_seq: 0, fence }, [created, forked], { sync: true });
  for (const [name, seconds] of [
    [`h-${sha256('Origin').slice(0, 32)}`, 20],
    [`h-${sha256('The.Fork').slice(0, 32)}`, 10],
  ] as const) {
    utimesSync(join(store.folder, 'sessions', `${name}.jsonl`), seconds, seconds);
  }
  expect(await journal.list()).toEqual([
    { session_id: 'Origin', changed_at: 20_000, bytes: expect.any(Number) as number },
    { session_id: 'The.Fork', changed_at: 10_000, bytes: expect.any(Number) as number },
  ]);
});

test('what is no journal is not listed', async () => {
  expect(await storeIn(home, undefined, 'none').journal.list()).toEqual([]);
  await create('s-1');
  const sessions = join(store.folder, 'sessions');
  mkdirSync(join(sessions, 'folder.jsonl'));
  symlinkSync(join(sessions, 's-1.jsonl'), join(sessions, 'link.jsonl'));
  for (const name of ['notes.txt', 'Upper.jsonl', '.hidden.jsonl', 's-2.jsonl.tmp', `h-${'0'.repeat(32)}.jsonl`]) {
    writeFileSync(join(sessions, name), 'something');
  }
  writeFileSync(join(sessions, 'empty.jsonl'), '');
  expect((await journal.list()).map(({ session_id }) => session_id)).toEqual(['s-1']);
});

test('a link or a folder in the place of a journal is refused', async () => {
  await create('s-1');
  const sessions = join(store.folder, 'sessions');
  mkdirSync(join(sessions, 'folder.jsonl'));
  symlinkSync(join(sessions, 's-1.jsonl'), join(sessions, 'link.jsonl'));
  await expect(journal.open('folder', nothing)).rejects.toMatchObject({ code: 'store_damaged' });
  await expect(journal.open('link', nothing)).rejects.toMatchObject({ code: 'store_damaged' });
});

test('a removed session is gone with its torn pieces, and its id can be used anew', async () => {
  await create('s-1', entry(2));
  await create('s-10');
  const path = join(store.folder, 'sessions', 's-1.jsonl');
  writeFileSync(path, readFileSync(path).subarray(0, -5));
  const { hash, seq } = await journal.open('s-1', nothing);
  await store.audit.append({ type: 'head', data: { session: 's-1', seq, hash } });
  expect(readdirSync(join(store.folder, 'torn'))).toEqual(['s-1.jsonl-1']);

  const usage = { input: 0, output: 0, cached: 0, reasoning: 0 };
  await store.audit.append({
    type: 'session.removed',
    data: { session: 's-1', head: { seq, hash }, usage, by: 'local' },
  });
  await journal.remove('s-1');
  expect(existsSync(path)).toBe(false);
  expect(readdirSync(join(store.folder, 'torn'))).toEqual([]);
  expect((await journal.list()).map(({ session_id }) => session_id)).toEqual(['s-10']);
  expect(await journal.read('s-1', nothing)).toEqual(MISSING);
  await create('s-1');
  await journal.remove('never-was');
});

test('a journal that lies elsewhere is read without its workspace, and says whose it is', async () => {
  await create('s-1', entry(2));
  const path = join(store.folder, 'sessions', 's-1.jsonl');
  const stored = await entriesOf('s-1');
  const seen: StoredEntry[] = [];
  expect(await readJournalFile(path, (found) => void seen.push(found))).toEqual({
    status: 'whole', seq: 2, hash: stored[1]!.hash, durable: 0, session: 's-1',
  }); // prettier-ignore
  expect(seen).toEqual(stored);
  const other = { v: 1, seq: 1, at: 1, type: 'session.created', data: { session_id: 's-1' } } as Entry;
  await journal.open('s-2', nothing);
  await journal.append('s-2', { expected_seq: 0, fence }, [other], { sync: true });
  expect(await readJournalFile(join(store.folder, 'sessions', 's-2.jsonl'), nothing)).toMatchObject({
    status: 'damaged', failure: { code: 'chain_broken', line: 1 },
  }); // prettier-ignore
});

test('only the end of a journal can be read: what is behind an entry, or the last so many', async () => {
  await journal.open('s-1', nothing);
  const entries = Array.from({ length: 40 }, (_, index) => entry(index + 1, 'é'.repeat(index * 500)));
  await journal.append('s-1', { expected_seq: 0, fence }, entries, { sync: true });
  const seqs = async (from: { after: number } | { last: number }): Promise<number[]> => {
    const found: number[] = [];
    expect(await journal.read('s-1', (stored) => void found.push(stored.entry.seq), from)).toMatchObject({ seq: 40 });
    return found;
  };
  const all = entries.map(({ seq }) => seq);
  for (const seq of [0, 1, 2, 20, 39, 40, 50]) expect(await seqs({ after: seq })).toEqual(all.slice(seq));
  for (const count of [1, 2, 39, 40, 50]) expect(await seqs({ last: count })).toEqual(all.slice(-count));
  const path = join(store.folder, 'sessions/s-1.jsonl');
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"v":1`);
  expect(await journal.read('s-1', nothing, { last: 2 })).toMatchObject({ status: 'crash_tail', seq: 40 });
});

describe('a place in a journal', () => {
  const seqsAfter = async (place: string): Promise<number[]> => {
    const seqs: number[] = [];
    await journal.open('s-1', ({ entry: { seq } }) => void seqs.push(seq), place);
    return seqs;
  };
  const append = (seq: number, ...texts: string[]) =>
    journal.append(
      's-1',
      { expected_seq: seq - 1, fence },
      texts.map((text, index) => entry(seq + index, text)),
      { sync: true },
    );

  test('what stands before it is not visited, and all goes on as otherwise', async () => {
    await journal.open('s-1', nothing);
    await append(1, 'a', 'é𝒳', 'c');
    const place = await journal.place('s-1');
    expect(journal.size('s-1')).toBe(statSync(join(store.folder, 'sessions/s-1.jsonl')).size);
    await append(4, 'd', 'e');
    expect(await journal.holds('s-1', place)).toBe(true);
    expect(await seqsAfter(place)).toEqual([4, 5]);
    const last = await journal.place('s-1');
    expect(await seqsAfter(last)).toEqual([]);
    const appended = await append(6, 'f');
    expect(await journal.read('s-1', nothing)).toMatchObject({
      status: 'whole',
      seq: 6,
      hash: appended.stored[0]!.hash,
    });
    expect(await seqsAfter(place)).toEqual([4, 5, 6]);
    expect(await seqsAfter(last)).toEqual([6]);
  });

  test('a crash tail behind it is cut; damage behind it is found', async () => {
    await journal.open('s-1', nothing);
    await append(1, 'a', 'b');
    const place = await journal.place('s-1');
    await append(3, 'c');
    await journal.close('s-1');
    const path = join(store.folder, 'sessions/s-1.jsonl');
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, `${whole}{"v":1,"seq":4`);
    expect(await journal.open('s-1', nothing, place)).toMatchObject({ seq: 3, cut: { cut_from: whole.length } });
    await journal.close('s-1');
    writeFileSync(path, whole.replace('"c"', '"d"'));
    expect(await journal.holds('s-1', place)).toBe(true);
    writeFileSync(path, whole.replace('"a"', '"b"'));
    expect(await journal.holds('s-1', place)).toBe(false);
    writeFileSync(path, whole.replace('"c"', '"d"'));
    await expect(journal.open('s-1', nothing, place)).rejects.toMatchObject({ code: 'store_damaged' });
    writeFileSync(path, whole.slice(0, whole.lastIndexOf('{"v":1')));
    const end = await journal.open('s-1', nothing, place);
    expect(end).toMatchObject({ status: 'whole', seq: 2 });
  });

  test('every one that was given on the way stands for the bytes up to there, in any process', async () => {
    const places: string[] = [];
    const grow = async (from: number, to: number): Promise<void> => {
      for (let seq = from; seq <= to; seq++) {
        await append(seq, 'é𝒳\n'.repeat(seq));
        places.push(await journal.place('s-1'));
      }
    };
    await journal.open('s-1', nothing);
    await grow(1, 5);
    await journal.close('s-1');
    const path = join(store.folder, 'sessions/s-1.jsonl');
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"v":1,"seq":6`);
    expect(await journal.open('s-1', nothing, places[2])).toHaveProperty('cut');
    await grow(6, 9);
    for (const place of places) expect(await storeIn(home).journal.holds('s-1', place)).toBe(true);
  });

  test('damage that came between two places is in none of them', async () => {
    await journal.open('s-1', nothing);
    await append(1, 'a', 'b');
    const before = await journal.place('s-1');
    const path = join(store.folder, 'sessions/s-1.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"a"', '"x"'));
    await append(3, 'c');
    for (const place of [before, await journal.place('s-1')]) expect(await journal.holds('s-1', place)).toBe(false);
  });

  test('it is none of another journal, of one that is gone or shorter, and neither is a text that is no place', async () => {
    await journal.open('s-1', nothing);
    await append(1, 'a', 'b');
    const first = await journal.place('s-1');
    await append(3, 'c');
    const place = await journal.place('s-1');
    await journal.remove('s-1');
    expect(await journal.holds('s-1', place)).toBe(false);
    await journal.open('s-1', nothing);
    await append(1, 'x', 'b');
    for (const other of [place, first, '', '0:1', place.replace(/^\d+/, '99999999'), place.replace(/^\d+/, '1')]) {
      expect(await journal.holds('s-1', other)).toBe(false);
    }
    expect(await journal.holds('s-1', await journal.place('s-1'))).toBe(true);
  });
});
