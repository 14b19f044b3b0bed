/**
 * Reading a chained file, and telling a crash from damage.
 *
 * What a power cut can do to the end of a file that wasn't synced: pages are lost (they read as NUL) or the file is
 * shorter. So above the durable mark a line without its newline, or with a NUL byte, begins the crash tail: nothing
 * behind it was ever promised to anyone. Any other defect, and a tear below the mark, isn't the work of a crash: damage.
 */
import { fstatSync } from 'node:fs';
import type { JournalEnd } from '../../contract/ports.ts';
import { parseLine, type ChainLine, type Defect } from './line.ts';
import { piecesBackward, piecesForward, type Piece } from './pieces.ts';

/** What a chained file must be. */
export interface ChainRules {
  /** The `prev` of line 1; without it any is taken. */
  genesis?: string;
  /** Does this build know the type? An unknown one stops the reading: it is never skipped. */
  knows: (type: string) => boolean;
  /** What is known of the file from elsewhere: this line was durable. */
  head?: { seq: number; hash: string } | undefined;
  /** What stands behind this offset is not part of it. */
  until?: number;
}

/** Called with each line. When it gives a promise, the reading waits for it. */
export type VisitLine = (line: ChainLine) => void | Promise<void>;

/** Where to begin instead of line 1: at a line that is known to be whole with all before it. */
export interface ChainStart {
  offset: number;
  /** Of the line before. */
  seq: number;
  hash: string;
}

/**
 * Where a chained file ends. `bytes`: the length of its whole chained lines; `last`: where the last of them begins, and
 * `at` its time.
 */
export interface ChainEnd extends JournalEnd {
  bytes: number;
  last: number;
  at: number;
}

const NUL = 0;
/** After so many bytes others get their turn. */
const BREATH_BYTES = 1024 * 1024;

/** Reads the file of `fd` (undefined: there is none), visits every intact line, and says how it ends. */
export async function scanChain(
  fd: number | undefined,
  rules: ChainRules,
  visit: VisitLine,
  start: ChainStart = { offset: 0, seq: 0, hash: '' },
): Promise<ChainEnd> {
  const known = rules.head?.seq ?? 0;
  const end: ChainEnd = {
    status: 'whole',
    seq: start.seq,
    hash: start.hash,
    durable: known,
    bytes: start.offset,
    last: start.offset,
    at: 0,
  };
  let tornFrom: number | undefined;
  let breath = start.offset + BREATH_BYTES;
  for (const piece of fd === undefined ? [] : piecesForward(fd, start.offset, rules.until)) {
    if (piece.offset > breath) {
      breath = piece.offset + BREATH_BYTES;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (tornFrom === undefined && isTorn(piece)) tornFrom = piece.offset;
    if (tornFrom !== undefined) {
      end.durable = Math.max(end.durable, claimBehindTear(piece));
      continue;
    }
    const judged = judge(piece, end, rules);
    if ('defect' in judged) return damaged(end, judged.defect);
    const { line } = judged;
    const visited = visit(line);
    if (visited !== undefined) await visited;
    end.seq = line.seq;
    end.hash = line.hash;
    end.at = line.at;
    end.durable = Math.max(end.durable, line.durable);
    end.last = piece.offset;
    end.bytes = piece.offset + piece.bytes.length + 1;
  }
  if (end.durable > end.seq) {
    const message = `the file ends with entry ${end.seq}, but entry ${end.durable} was durable`;
    return damaged(end, { code: 'truncated', message });
  }
  if (tornFrom !== undefined) {
    end.status = 'crash_tail';
    end.tail = { from: tornFrom, bytes: fstatSync(fd!).size - tornFrom };
  } else if (end.seq === 0) {
    end.status = 'absent';
  }
  return end;
}

function isTorn({ terminated, overlong, bytes }: Piece): boolean {
  return (!terminated && !overlong) || bytes.includes(NUL);
}

/** What a line behind the tear says was durable: it may have reached the disk when lines before it did not. */
function claimBehindTear({ terminated, overlong, bytes }: Piece): number {
  if (!terminated || overlong) return 0;
  const parsed = parseLine(bytes.subarray(bytes.lastIndexOf(NUL) + 1));
  return 'line' in parsed ? parsed.line.durable : 0;
}

function judge(
  piece: Piece,
  end: ChainEnd,
  { genesis, knows, head }: ChainRules,
): { line: ChainLine } | { defect: Defect } {
  const parsed = parseLine(piece.bytes);
  if ('defect' in parsed) return parsed;
  const { line } = parsed;
  const { seq, prev, type, durable, hash } = line;
  const expected = end.seq + 1;
  const defect = (code: Defect['code'], message: string) => ({ defect: { code, message } });
  if (seq !== expected) return defect('seq_gap', `entry ${seq} stands where entry ${expected} should`);
  const before = end.seq === 0 ? (genesis ?? prev) : end.hash;
  if (prev !== before) {
    return defect('chain_broken', seq === 1 ? 'it begins another file' : 'it does not follow the entry before it');
  }
  if (head?.seq === seq && head.hash !== hash)
    return defect('chain_broken', 'it is not the entry that is known as its head');
  if (!knows(type)) return defect('entry_too_new', `its type "${type}" is unknown`);
  if (durable >= seq) return defect('malformed', `it says that entry ${durable} was durable`);
  return parsed;
}

function damaged(end: ChainEnd, { code, message }: Defect): ChainEnd {
  const seq = end.seq + 1;
  const status = code === 'entry_too_new' ? 'too_new' : 'damaged';
  return { ...end, status, failure: { line: seq, seq, code, message: `entry ${seq}: ${message}` } };
}

/**
 * The last line that is durable together with all before it, as a place to begin a scan: what can have been torn by a
 * crash lies behind it. Undefined: begin at line 1.
 */
export function durableStart(fd: number): ChainStart | undefined {
  let mark = 0;
  for (const { bytes, offset } of piecesBackward(fd)) {
    const parsed = parseLine(bytes);
    if ('defect' in parsed) continue;
    mark = Math.max(mark, parsed.line.durable);
    if (parsed.line.seq <= mark) return { offset, seq: parsed.line.seq - 1, hash: parsed.line.prev };
  }
  return undefined;
}

/** The start of a scan that begins with the line at this offset, when that line is the one with this hash. */
export function startAt(fd: number, { offset, seq, hash }: ChainStart): ChainStart | undefined {
  const [piece] = piecesForward(fd, offset).take(1);
  const parsed = piece?.terminated === true && !piece.overlong ? parseLine(piece.bytes) : undefined;
  if (parsed === undefined || 'defect' in parsed) return undefined;
  const { line } = parsed;
  return line.seq === seq && line.hash === hash ? { offset, seq: seq - 1, hash: line.prev } : undefined;
}

/**
 * The start of a scan that begins with the entry `after`, or with the last so many, found from the file's end on.
 * Undefined: begin at line 1.
 */
export function startFromEnd(fd: number, from: { after: number } | { last: number }): ChainStart | undefined {
  let left = 'last' in from ? from.last : Infinity;
  let start: ChainStart | undefined;
  for (const { bytes, offset } of piecesBackward(fd)) {
    const parsed = parseLine(bytes);
    if ('defect' in parsed) continue;
    const { seq, prev } = parsed.line;
    start = { offset, seq: seq - 1, hash: prev };
    if (--left <= 0 || ('after' in from && seq <= from.after)) break;
  }
  return start;
}
