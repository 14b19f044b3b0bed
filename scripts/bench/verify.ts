/**
 * What a proof costs: `session verify` of a journal, through the engine, against the least that anyone could do with its
 * lines in the same process and rounds: read the file, parse each line, hash it. With `--large` instead: the memory of the
 * program as it verifies a journal of 1 GB.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../src/base/digest.ts';
import { verifyJournal } from '../../src/engine/proof/verify.ts';
import { createBlobs } from '../../src/store/blobs.ts';
import { readJournalFile } from '../../src/store/journal-file.ts';
import { buildJournal } from './build-journal.ts';
import { median, peakOf, program, runOnce } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const ENTRIES = 10_000;
const ROUNDS = 15;
/** By then V8 has compiled what it will; the least is compiled after the first. */
const WARM_UP = 12;
const LARGE_BYTES = 1_000_000_000;
const LARGE_OUTPUT_BYTES = 14_000;

const folder = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
try {
  if (process.argv.includes('--large')) await large();
  else await usual();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function usual(): Promise<void> {
  const { path, entries, bytes } = buildJournal(folder, { entries: ENTRIES });
  const times: { floor: number; verify: number }[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const floor = await cpuOf(async () => floorOf(path));
    const verify = await cpuOf(() => verifyAt(path));
    if (round >= 0) times.push({ floor, verify });
  }
  const floors = times.map(({ floor }) => floor);
  const verifies = times.map(({ verify }) => verify);
  const cells = (name: string, of: number[], asked = ''): string[] => [
    name,
    median(of).toFixed(1),
    `(${Math.min(...of).toFixed(1)})`,
    (median(of) / median(floors)).toFixed(2),
    `(${(Math.min(...of) / Math.min(...floors)).toFixed(2)})`,
    asked,
  ];
  printTitle(`verify: ${entries} entries, ${(bytes / 1e6).toFixed(1)} MB, ${ROUNDS} rounds`);
  printTable([
    ['', 'CPU ms', '(min)', '×', '(min ×)', 'asked'],
    cells('read, parse and hash the lines', floors),
    cells('verify', verifies, '≤ 4'),
  ]);
}

async function large(): Promise<void> {
  const { path, entries, bytes } = buildJournal(folder, { bytes: LARGE_BYTES, outputBytes: LARGE_OUTPUT_BYTES });
  const variant = {
    name: 'session verify',
    command: [...program, 'session', 'verify', path],
    environment: { HOME: folder, RUNTIME_HOME: join(folder, 'home') },
  };
  const { cpuMs } = await runOnce(variant);
  const peak = await peakOf(variant);
  printTitle(`verify --large: ${entries} entries, ${(bytes / 1e6).toFixed(0)} MB`);
  printTable([
    ['', 'CPU s', 'peak MB', 'asked'],
    ['session verify', (cpuMs / 1000).toFixed(1), peak.toFixed(0), '≤ 250'],
  ]);
}

/** Reads line by line, as text that is parsed and bytes that are hashed. */
function floorOf(path: string): void {
  const file = openSync(path, 'r');
  const bytes = readFileSync(file);
  closeSync(file);
  let seen = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    const line = bytes.subarray(start, end);
    const { seq } = JSON.parse(line.toString('utf8')) as { seq: number };
    if (sha256(line).length === 64) seen = seq;
    start = end + 1;
  }
  if (seen === 0) throw new Error('the journal is empty');
}

async function verifyAt(path: string): Promise<void> {
  const { blobs } = createBlobs({ folder: join(folder, 'blobs'), requireLock: () => {} });
  const { status, failure } = await verifyJournal({
    read: (visit) => readJournalFile(path, visit),
    blobs,
    hasHead: false,
  });
  if (status !== 'verified') throw new Error(`it does not verify: ${failure?.message}`);
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
