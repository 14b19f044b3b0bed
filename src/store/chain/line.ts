/**
 * One line of a chained file (docs/journal.md): building it, and reading it back strictly. Exactly the bytes that
 * `buildLine` makes are accepted, so there is one reading of a line.
 */
import { isUtf8 } from 'node:buffer';
import { sha256 } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { VerifyFailureCode } from '../../contract/verify.ts';

/** What a chained file can hold: the line without its place. `at` is ms UTC. */
export interface ChainRecord {
  at: number;
  type: string;
  data: unknown;
}

/** A line with its place in the chain. `durable`: the highest seq whose sync had returned when the line was built. */
export interface ChainLine extends ChainRecord {
  seq: number;
  durable: number;
  prev: string;
  hash: string;
}

/** What is wrong with a line. */
export interface Defect {
  code: VerifyFailureCode;
  message: string;
}

/** The longest line, with its newline. */
export const MAX_LINE_BYTES = 1024 * 1024;

const VERSION = /^\{"v":(\d+)/;
const HEAD = /^\{"v":1,"seq":([1-9]\d{0,15}),"at":(0|[1-9]\d{0,15}),"type":"([^"\\]*)","data":/;
const DURABLE_KEY = ',"durable":';
const DURABLE = /^,"durable":(0|[1-9]\d{0,15}),"prev":"$/;
const HASH_KEY = '","hash":"';
const HEX_DIGITS = 64;
/** The length of `,"hash":"<64 hex>"}`, which the hash doesn't cover. */
const HASH_BYTES = 75;
/** By byte: 1 where it is a hex digit. Looked up, as no processor guesses whether a digit or a letter comes next. */
const IS_HEX = new Uint8Array(256);
for (const digit of Buffer.from('0123456789abcdef')) IS_HEX[digit] = 1;

/**
 * The line as text, with its newline, and its hash.
 * @throws RuntimeError internal, when the line couldn't be read back: too long, or its `at` or data have no JSON form
 */
export function buildLine(
  record: ChainRecord,
  place: { seq: number; durable: number; prev: string },
): { text: string; hash: string } {
  const { at, type, data } = record;
  const { seq, durable, prev } = place;
  // In one piece: putting it together from many costs more than the hash.
  const covered = JSON.stringify({ v: 1, seq, at, type, data, durable, prev }).slice(0, -1);
  if (!covered.includes(',"data":') || !Number.isSafeInteger(at) || at < 0) {
    throw new RuntimeError('internal', `Entry ${seq} (${type}) has no place in a file: its data or time is none.`);
  }
  const hash = sha256(covered);
  const text = `${covered},"hash":"${hash}"}\n`;
  // A character takes at most 3 bytes, so most lines needn't be counted.
  if (text.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(text) > MAX_LINE_BYTES) {
    throw new RuntimeError('internal', `Entry ${seq} (${type}) is longer than ${MAX_LINE_BYTES} bytes.`);
  }
  return { text, hash };
}

/** Reads a line back (without its newline) and checks its own hash. Its place in the chain is for the caller to check. */
export function parseLine(bytes: Buffer): { line: ChainLine } | { defect: Defect } {
  if (bytes.length > MAX_LINE_BYTES) return malformed('longer than a line may be');
  if (!isUtf8(bytes)) return malformed('not valid UTF-8');
  const text = bytes.toString('utf8');
  const head = HEAD.exec(text);
  const chain = chainOf(text, bytes);
  if (head === null || chain === undefined) {
    const version = Number(VERSION.exec(text)?.[1]);
    // Of a newer version nothing more is known, not even what its hash covers.
    if (version > 1) return { defect: { code: 'entry_too_new', message: `its version is ${version}` } };
    return malformed('not a line of this store');
  }
  const { at: chainAt, durable, prev } = chain;
  const hash = sha256(bytes.subarray(0, bytes.length - HASH_BYTES));
  if (hash !== chain.hash) return { defect: { code: 'hash_mismatch', message: 'its hash is not that of its bytes' } };
  let data: unknown;
  try {
    data = JSON.parse(text.slice(head[0].length, chainAt));
  } catch {
    return malformed('its data is not JSON');
  }
  return { line: { seq: Number(head[1]), at: Number(head[2]), type: head[3]!, data, durable, prev, hash } };
}

/**
 * What stands behind a line's data, from `at` on, read from fixed places: a pattern over each line's hashes would cost more
 * than they. Its own hash is only good when it is that of its bytes, so it needn't be looked at here.
 */
function chainOf(
  text: string,
  bytes: Buffer,
): ({ at: number } & Pick<ChainLine, 'durable' | 'prev' | 'hash'>) | undefined {
  const hashAt = text.length - HEX_DIGITS - '"}'.length;
  const prevAt = hashAt - HASH_KEY.length - HEX_DIGITS;
  const at = text.lastIndexOf(DURABLE_KEY, prevAt);
  const durable = at < 0 ? null : DURABLE.exec(text.slice(at, prevAt));
  const isWhole = durable !== null && text.endsWith('"}') && text.startsWith(HASH_KEY, prevAt + HEX_DIGITS);
  if (!isWhole || !isHex(bytes, bytes.length - text.length + prevAt)) return undefined;
  const prev = text.slice(prevAt, prevAt + HEX_DIGITS);
  return { at, durable: Number(durable[1]), prev, hash: text.slice(hashAt, hashAt + HEX_DIGITS) };
}

function isHex(bytes: Buffer, from: number): boolean {
  for (let at = from; at < from + HEX_DIGITS; at++) if (IS_HEX[bytes[at]!] !== 1) return false;
  return true;
}

function malformed(message: string): { defect: Defect } {
  return { defect: { code: 'malformed', message } };
}
