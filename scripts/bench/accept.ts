/**
 * Accepting events while 32 callers wait at any time, against the least that it can cost: the same lines, ready made,
 * grouped for 32 callers who wait for them, each write followed by an fdatasync. Beside it the same without callers: one
 * loop that writes 32 lines at a time. All in the same rounds, each appending to a new file in the system's temporary
 * folder: a file that is written over syncs faster than one that grows.
 */
import { closeSync, fdatasync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { digestOf } from '../../src/base/digest.ts';
import { systemIds } from '../../src/base/ids.ts';
import type { IngressEvent } from '../../src/contract/records.ts';
import { openStore } from '../../src/store/store.ts';
import { median } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const ROUNDS = 40;
const CALLERS = 32;
const EVENTS_EACH = 50;
const DAY_MS = 86_400_000;

const ids = systemIds(systemClock);
const folder = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
try {
  const rates: { accepts: number; grouped: number; bare: number }[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const home = join(folder, String(round));
    const accepts = await acceptAll(home);
    const segment = readFileSync(join(home, 'workspaces/default/ingress/1.jsonl'), 'utf8');
    const lines = segment.split(/(?<=\n)/).slice(1); // without the event that opened it
    const grouped = await writeGrouped(lines, join(home, 'grouped'));
    const bare = await writeBare(lines, join(home, 'bare'));
    if (round >= 0) rates.push({ accepts, grouped, bare }); // the first warms up
  }
  const accepts = median(rates.map((rate) => rate.accepts));
  const grouped = median(rates.map((rate) => rate.grouped));
  const bare = median(rates.map((rate) => rate.bare));
  const share = (rate: number): string => `${((rate / grouped) * 100).toFixed(0)} %`;
  printTitle(`accept: ${ROUNDS} rounds of ${CALLERS} callers, ${EVENTS_EACH} events each`);
  printTable([
    ['', 'events/s', 'share', 'asked'],
    ['bare grouped write + fdatasync', grouped.toFixed(0), '100 %'],
    ['the same without callers', bare.toFixed(0), share(bare)],
    ['ingress', accepts.toFixed(0), share(accepts), '≥ 60 %'],
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Events a second. */
async function acceptAll(home: string): Promise<number> {
  const owner = { pid: process.pid, program: 'bench', version: '0' };
  const store = openStore({
    home,
    workspace: 'default',
    clock: systemClock,
    owner,
    idempotencyTtlMs: DAY_MS,
    deadLetterTtlMs: DAY_MS,
  });
  if (!store.takeLock().ok) throw new Error('the workspace is held by another');
  await store.ingress.accept(newEvent(0)); // opens the segment
  const callers = Array.from({ length: CALLERS }, (_, caller) =>
    Array.from({ length: EVENTS_EACH }, () => newEvent(caller + 1)),
  );
  const seconds = await secondsOf(() =>
    Promise.all(
      callers.map(async (events) => {
        for (const event of events) await store.ingress.accept(event);
      }),
    ),
  );
  await store.close();
  return (CALLERS * EVENTS_EACH) / seconds;
}

/** Group commit of ready lines, and nothing else: all callers of one tick share a write and a sync. */
async function writeGrouped(lines: string[], path: string): Promise<number> {
  const file = openSync(path, 'a');
  const sync = promisify(fdatasync);
  let waiting: { line: string; written: () => void }[] = [];
  let committing = false;
  const commit = async (): Promise<void> => {
    committing = true;
    while (waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const batch = waiting;
      waiting = [];
      writeSync(file, batch.map(({ line }) => line).join(''));
      await sync(file);
      for (const { written } of batch) written();
    }
    committing = false;
  };
  const append = (line: string): Promise<void> =>
    new Promise((written) => {
      waiting.push({ line, written });
      if (!committing) void commit();
    });
  const seconds = await secondsOf(() =>
    Promise.all(
      Array.from({ length: CALLERS }, async (_, caller) => {
        for (let at = caller; at < lines.length; at += CALLERS) await append(lines[at]!);
      }),
    ),
  );
  closeSync(file);
  return lines.length / seconds;
}

async function writeBare(lines: string[], path: string): Promise<number> {
  const file = openSync(path, 'a');
  const sync = promisify(fdatasync);
  const seconds = await secondsOf(async () => {
    for (let from = 0; from < lines.length; from += CALLERS) {
      writeSync(file, lines.slice(from, from + CALLERS).join(''));
      await sync(file);
    }
  });
  closeSync(file);
  return lines.length / seconds;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return (performance.now() - before) / 1000;
}

function newEvent(caller: number): IngressEvent {
  const parts: IngressEvent['parts'] = [{ type: 'text', text: 'What does this project do, and how is it tested?' }];
  return {
    event_id: `e-${ids.ulid()}`,
    session_id: `s-${caller}`,
    mode: 'message',
    parts,
    actor: { id: 'local', role: 'operator' },
    source: 'bench',
    lane: 'interactive',
    taint: [],
    accepted_at: systemClock.now(),
    payload_digest: digestOf(JSON.stringify(parts)),
    root: '/',
  };
}
