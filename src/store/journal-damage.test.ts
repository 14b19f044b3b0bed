/** What a crash can leave, what it can't, and that no change of a byte goes unseen. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../base/digest.ts';
import { buildLine } from './chain/line.ts';
import type { Store } from './store.ts';
import { entry, ownedStore, temporaryHome } from './testing.ts';

const SESSION = 's-1';

let home: string;
let remove: () => void;
let store: Store;
let fence: number;
let file: string;

beforeEach(async () => {
  ({ home, remove } = temporaryHome());
  ({ store, fence } = ownedStore(home));
  file = join(store.folder, 'sessions', `${SESSION}.jsonl`);
});
afterEach(async () => {
  await store.close();
  remove();
});

/** Writes lines with these `durable`s. */
function lines(
  durables: number[],
  changes: { types?: Record<number, string>; texts?: Record<number, string> } = {},
): string[] {
  let prev = sha256(SESSION);
  return durables.map((durable, index) => {
    const { seq, at, type, data } = entry(index + 1, changes.texts?.[index + 1]);
    const built = buildLine({ at, type: changes.types?.[seq] ?? type, data }, { seq, durable, prev });
    prev = built.hash;
    return built.text;
  });
}

function write(content: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

async function read() {
  const seqs: number[] = [];
  const end = await store.journal.read(SESSION, (stored) => void seqs.push(stored.entry.seq));
  expect(seqs).toEqual(Array.from({ length: end.seq }, (_, index) => index + 1));
  return end;
}

/** Reading and opening agree that it is damage of this kind, and leave the file alone. */
async function expectDamage(code: string, line: number): Promise<void> {
  const before = readFileSync(file);
  const status = code === 'entry_too_new' ? 'too_new' : 'damaged';
  expect(await read()).toMatchObject({ status, seq: line - 1, failure: { code, line, seq: line } });
  const refused = code === 'entry_too_new' ? 'entry_too_new' : 'store_damaged';
  await expect(store.journal.open(SESSION, () => {})).rejects.toMatchObject({ code: refused });
  expect(readFileSync(file).equals(before)).toBe(true);
}

/** Reading and opening agree on a crash tail behind this entry; opening cuts it and keeps it; appending goes on. */
async function expectCrashTail(seq: number): Promise<void> {
  const before = readFileSync(file);
  const from = seq === 0 ? 0 : endOfLine(before, seq);
  const tail = { from, bytes: before.length - from };
  expect(await read()).toMatchObject({ status: 'crash_tail', seq, tail });
  expect(readFileSync(file)).toEqual(before);

  const end = await store.journal.open(SESSION, () => {});
  expect(end).toMatchObject({ seq, durable: seq, cut: { cut_from: tail.from, cut_bytes: tail.bytes } });
  const kept = join(store.folder, 'torn', end.cut!.torn_file);
  expect(readFileSync(kept)).toEqual(before.subarray(from));
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  expect(readFileSync(file)).toEqual(before.subarray(0, from));
  await store.journal.append(SESSION, { expected_seq: seq, fence }, [entry(seq + 1)], { sync: true });
  expect(await read()).toMatchObject({ status: 'whole', seq: seq + 1 });
}

function endOfLine(bytes: Buffer, n: number): number {
  let at = 0;
  for (let i = 0; i < n; i++) at = bytes.indexOf('\n', at) + 1;
  return at;
}

const UNSYNCED = [0, 0, 0, 0];

describe('the file after a crash', () => {
  test('H-58 a torn last line is cut and kept, and appends start on a fresh line', async () => {
    write(lines(UNSYNCED).join('').slice(0, -20));
    await expectCrashTail(3);
  });

  test('a file with nothing but a torn line begins anew', async () => {
    write(lines([0])[0]!.slice(0, -1));
    await expectCrashTail(0);
  });

  test('a lost page at the end, which reads as NUL', async () => {
    write(Buffer.concat([Buffer.from(lines(UNSYNCED).join('').slice(0, -50)), Buffer.alloc(8192)]));
    await expectCrashTail(3);
  });

  test('a lost page in the middle of what was never synced takes all behind it', async () => {
    const [first, second, third, fourth] = lines(UNSYNCED);
    write(`${first}${second}${third!.replace(/timer/, '\0\0\0\0\0')}${fourth}`);
    await expectCrashTail(2);
  });

  test('a lost page below the durable mark is damage, also when only a line behind it holds the mark', async () => {
    const [first, second, third, fourth] = lines([0, 0, 0, 2]);
    write(`${first}${second!.replace(/timer/, '\0\0\0\0\0')}${third}${fourth}`);
    await expectDamage('truncated', 2);
  });

  test('a lost page that ends within a line does not hide what the next line says', async () => {
    const [first, second, third, fourth] = lines([0, 0, 0, 3]);
    write(`${first}${'\0'.repeat(second!.length + third!.length)}${fourth}`);
    await expectDamage('truncated', 2);
  });

  test('cut anywhere: damage below the mark; above it a crash tail, whole only at the ends of lines', async () => {
    const content = Buffer.from(lines([0, 0, 1, 2]).join(''));
    const { hash } = JSON.parse(content.toString().split('\n')[1]!) as { hash: string };
    // Only the audit log's mark can't be cut away with the lines, so only it is a mark here.
    for (const mark of [0, 2]) {
      if (mark > 0) await store.audit.append({ type: 'head', data: { session: SESSION, seq: mark, hash } });
      for (let bytes = 0; bytes < content.length; bytes++) {
        write(content.subarray(0, bytes));
        const whole = content.subarray(0, bytes).toString().split('\n').length - 1;
        const clean = bytes === endOfLine(content, whole);
        const above = bytes === 0 ? 'absent' : clean ? 'whole' : 'crash_tail';
        const { status, seq, failure } = await store.journal.read(SESSION, () => {});
        const expected = whole < mark ? ['damaged', 'truncated'] : [above, undefined];
        expect([bytes, seq, status, failure?.code]).toEqual([bytes, whole, ...expected]);
      }
    }
  });
});

/** The same lines as the journal of another session. */
function relink(content: Buffer, session: string): string {
  let prev = sha256(session);
  let text = '';
  for (const line of content.toString().trimEnd().split('\n')) {
    const { seq, at, type, data, durable } = JSON.parse(line) as {
      seq: number;
      at: number;
      type: string;
      data: unknown;
      durable: number;
    };
    const built = buildLine({ at, type, data }, { seq, durable, prev });
    prev = built.hash;
    text += built.text;
  }
  return text;
}

describe('damage', () => {
  test('no change of one byte goes unseen', async () => {
    const content = Buffer.from(lines([0, 1, 2], { texts: { 2: 'a\u2028b' } }).join(''));
    const unseen: [number, number][] = [];
    for (let at = 0; at < content.length; at++) {
      for (const flip of [0x01, 0x20, 0x80, content[at]!, content[at]! ^ 0x0a]) {
        if (flip === 0) continue;
        const changed = Buffer.from(content);
        changed[at] = changed[at]! ^ flip;
        write(changed);
        const end = await read();
        const line = content.subarray(0, at).toString().split('\n').length;
        // Only in the last line, which nothing says was durable, can a change look like a crash.
        const seen =
          end.status === 'damaged' || end.status === 'too_new' || (end.status === 'crash_tail' && line === 3);
        if (!seen || end.seq >= line) unseen.push([at, flip]);
      }
    }
    expect(unseen).toEqual([]);
  });

  test('two lines glued together', async () => {
    const [first, second, third] = lines([0, 0, 0]);
    write(`${first}${second!.trimEnd()}${third}`);
    await expectDamage('hash_mismatch', 2);
  });

  test('a torn line with another behind it: no crash leaves that', async () => {
    const [first, second, third] = lines([0, 0, 0]);
    write(`${first}${second!.slice(0, 50)}${third}`);
    await expectDamage('malformed', 2);
  });

  test('two lines swapped', async () => {
    const [first, second, third] = lines([0, 0, 0]);
    write(`${first}${third}${second}`);
    await expectDamage('seq_gap', 2);
  });

  test('a line missing', async () => {
    const [first, , third] = lines([0, 0, 0]);
    write(`${first}${third}`);
    await expectDamage('seq_gap', 2);
  });

  test('a line twice', async () => {
    const [first, second] = lines([0, 0]);
    write(`${first}${first}${second}`);
    await expectDamage('seq_gap', 2);
  });

  test('an empty line, and a line that ends with CR LF', async () => {
    const [first, second] = lines([0, 0]);
    write(`${first}\n${second}`);
    await expectDamage('malformed', 2);
    write(`${first}${second!.replace('\n', '\r\n')}`);
    await expectDamage('malformed', 2);
  });

  test('a line rebuilt with a new hash breaks the chain behind it', async () => {
    const [first, , third] = lines([0, 0, 0]);
    const [, forged] = lines([0, 0], { texts: { 2: 'another' } });
    write(`${first}${forged}${third}`);
    await expectDamage('chain_broken', 3);
  });

  test('the journal of another session', async () => {
    write(relink(Buffer.from(lines([0, 0]).join('')), 's-2'));
    await expectDamage('chain_broken', 1);
  });

  test('a line that says it was durable itself', async () => {
    write(lines([0, 2]).join(''));
    await expectDamage('malformed', 2);
  });

  test('an unknown type, and a newer version', async () => {
    write(lines([0, 0, 0], { types: { 2: 'goal.set' } }).join(''));
    await expectDamage('entry_too_new', 2);
    write(`${lines([0])[0]}{"v":2,"seq":2,"new":true}\n`);
    await expectDamage('entry_too_new', 2);
  });

  test('a line longer than any', async () => {
    write(`${lines([0])[0]}${'x'.repeat(3 * 1024 * 1024)}\n${lines([0, 0])[1]}`);
    await expectDamage('malformed', 2);
  });

  test('a journal cut behind an audited head, one that is gone, and one that was rebuilt', async () => {
    await store.journal.open(SESSION, () => {});
    const entries = [entry(1), entry(2), entry(3)];
    const { stored } = await store.journal.append(SESSION, { expected_seq: 0, fence }, entries, { sync: true });
    const head = { session: SESSION, seq: 3, hash: stored[2]!.hash };
    await store.audit.append({ type: 'head', data: head });
    const whole = readFileSync(file);
    expect(await read()).toMatchObject({ status: 'whole', seq: 3, durable: 3 });

    write(whole.subarray(0, endOfLine(whole, 2)));
    await expectDamage('truncated', 3);
    write('');
    await expectDamage('truncated', 1);
    write(lines([0, 0, 0], { texts: { 2: 'another past' } }).join(''));
    await expectDamage('chain_broken', 3);
  });
});

test('text with line separators of every kind is one line', async () => {
  const text = 'a\u2028b\u2029c\r\nd\ne\u0085f\0g\ud800';
  await store.journal.open(SESSION, () => {});
  await store.journal.append(SESSION, { expected_seq: 0, fence }, [entry(1, text), entry(2)], { sync: true });
  const found: unknown[] = [];
  await store.journal.read(SESSION, ({ entry: { data } }) => void found.push(data));
  expect(found).toEqual([{ timer_id: text }, { timer_id: 'timer 2' }]);
});

test('a file far larger than memory allows for is read in pieces', async () => {
  const size = 300 * 1024 * 1024;
  write(lines(UNSYNCED).join(''));
  const from = statSync(file).size;
  truncateSync(file, size); // a hole: it reads as NUL
  const before = process.memoryUsage().rss;
  expect(await read()).toMatchObject({ status: 'crash_tail', seq: 4, tail: { from, bytes: size - from } });
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test('torn pieces of the same file are numbered', async () => {
  write(lines([0]).join('').slice(0, -1));
  const copy = `${file}.copy`;
  copyFileSync(file, copy);
  await store.journal.open(SESSION, () => {});
  copyFileSync(copy, file);
  await store.journal.open(SESSION, () => {});
  expect(readdirSync(join(store.folder, 'torn'))).toEqual([`${SESSION}.jsonl-1`, `${SESSION}.jsonl-2`]);
});
