/**
 * Finding the true bytes behind a small damage. Nothing is guessed: what is found has the hash that was written down when
 * the bytes were whole, so it is what stood there.
 */
import { sha256 } from '../../base/digest.ts';
import { parseLine, type ChainLine } from '../chain/line.ts';

/** What is known of a line from elsewhere. */
export interface KnownPlace {
  seq: number;
  /** Undefined: any. */
  prev: string | undefined;
  /** Hashes that others say it has: the line behind it, the audit log. */
  hashes: ReadonlySet<string>;
}

export interface MendedLine {
  bytes: Buffer;
  line: ChainLine;
}

/** So many bytes are hashed at most while one bit, or one byte, is looked for: some seconds. */
const BIT_BUDGET = 2 ** 33;
const BYTE_BUDGET = 2 ** 31;
const BITS = [1, 2, 4, 8, 16, 32, 64, 128];
const BYTES = Array.from({ length: 255 }, (_, index) => index + 1);
/** The length of `,"hash":"<64 hex>"}`, which the hash doesn't cover, and where in it the digits begin. */
const HASH_PART = 75;
const HASH_DIGITS = 9;
/** The length of `,"prev":"<64 hex>"`, the end of what is covered. */
const PREV_PART = 74;
const HEX = /^[0-9a-f]{64}$/;
const CARRIAGE_RETURN = 0x0d;

/** The bytes with one bit, one byte, or one byte too many changed, so that their SHA-256 (hex) is right. */
export function mendBytes(bytes: Buffer, isRight: (hash: string) => boolean): Buffer | undefined {
  if (isRight(sha256(bytes))) return bytes;
  return (
    flipped(bytes, isRight, BITS, BIT_BUDGET) ??
    (bytes.length ** 2 <= BIT_BUDGET ? shortened(bytes, isRight) : undefined) ??
    flipped(bytes, isRight, BYTES, BYTE_BUDGET)
  );
}

function flipped(
  bytes: Buffer,
  isRight: (hash: string) => boolean,
  flips: number[],
  budget: number,
): Buffer | undefined {
  if (bytes.length ** 2 * flips.length > budget) return undefined;
  const tried = Buffer.from(bytes);
  for (let at = 0; at < tried.length; at++) {
    const was = tried[at]!;
    for (const flip of flips) {
      tried[at] = was ^ flip;
      if (isRight(sha256(tried))) return tried;
    }
    tried[at] = was;
  }
  return undefined;
}

function shortened(bytes: Buffer, isRight: (hash: string) => boolean): Buffer | undefined {
  const tried = Buffer.from(bytes.subarray(1));
  for (let at = 0; at < bytes.length; at++) {
    if (isRight(sha256(tried))) return tried;
    if (at < tried.length) tried[at] = bytes[at]!;
  }
  return undefined;
}

/** The line (without its newline) that these bytes were, when it can be proved that they were one for this place. */
export function mendLine(piece: Buffer, place: KnownPlace): MendedLine | undefined {
  const ends = piece.at(-1) === CARRIAGE_RETURN ? [piece.subarray(0, -1), piece] : [piece, piece.subarray(0, -1)];
  for (const bytes of ends) {
    const quick = fitting(bytes, place) ?? withKnownParts(bytes, place);
    if (quick !== undefined) return quick;
  }
  return searched(piece, place);
}

/** Reads a line, and says whether it is one for this place. */
function fitting(bytes: Buffer, { seq, prev, hashes }: KnownPlace): MendedLine | undefined {
  const parsed = parseLine(bytes);
  if ('defect' in parsed) return undefined;
  const { line } = parsed;
  if (line.seq !== seq || line.durable >= seq || (prev !== undefined && line.prev !== prev)) return undefined;
  return hashes.size > 0 && !hashes.has(line.hash) ? undefined : { bytes, line };
}

/** Where only what is known from elsewhere is damaged: the line's own hash, or the one before. */
function withKnownParts(bytes: Buffer, place: KnownPlace): MendedLine | undefined {
  if (bytes.length <= HASH_PART + PREV_PART) return undefined;
  const covered = bytes.subarray(0, -HASH_PART);
  const written = bytes.subarray(-HASH_PART);
  const relinked =
    place.prev === undefined
      ? covered
      : Buffer.concat([covered.subarray(0, -PREV_PART), Buffer.from(`,"prev":"${place.prev}"`)]);
  for (const candidate of [covered, relinked]) {
    const hash = sha256(candidate);
    const ending = Buffer.from(`,"hash":"${hash}"}`);
    if (!place.hashes.has(hash) && differences(ending, written) > 1) continue;
    const found = fitting(Buffer.concat([candidate, ending]), place);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Looks for one bit, byte, or byte too many, anywhere in what the hash covers. */
function searched(bytes: Buffer, place: KnownPlace): MendedLine | undefined {
  if (bytes.length <= HASH_PART) return undefined;
  const stated = bytes
    .subarray(-HASH_PART)
    .subarray(HASH_DIGITS, HASH_DIGITS + 64)
    .toString('latin1');
  const targets = new Set(place.hashes);
  if (HEX.test(stated) && targets.size === 0) targets.add(stated);
  if (targets.size === 0) return undefined;
  let hash = '';
  const covered = mendBytes(bytes.subarray(0, -HASH_PART), (found) => targets.has(found) && (hash = found) !== '');
  return covered && fitting(Buffer.concat([covered, Buffer.from(`,"hash":"${hash}"}`)]), place);
}

function differences(a: Buffer, b: Buffer): number {
  let count = 0;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) count++;
  return count;
}
