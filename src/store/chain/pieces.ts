/** Splitting a file of lines at byte 0x0A, and at nothing else, in bounded memory. */
import { fstatSync, readSync } from 'node:fs';
import { MAX_LINE_BYTES } from './line.ts';

/** A line as it lies in the file, without its newline. The bytes are good until the next one is asked for. */
export interface Piece {
  offset: number;
  bytes: Buffer;
  /** Does a newline end it? */
  terminated: boolean;
  /** Longer than any line may be: `bytes` is only its beginning. */
  overlong: boolean;
}

const NEWLINE = 0x0a;
const BLOCK_BYTES = 256 * 1024;
/** A line is at most this long before it counts as overlong. Some slack, so that a reader can say by how little. */
const LIMIT_BYTES = MAX_LINE_BYTES + 1024;
const NOTHING = Buffer.alloc(0);

/** The lines from `offset` to the end of the file, or to `until`. */
export function* piecesForward(fd: number, offset: number, until = Infinity): Generator<Piece> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let rest: Buffer = NOTHING; // the beginning of a line whose newline hasn't come
  let skipping = false; // inside an overlong line
  let position = offset;
  for (;;) {
    const count = readSync(fd, block, 0, Math.min(BLOCK_BYTES, until - position), position);
    if (count === 0) break;
    let start = 0;
    while (start < count) {
      const next = block.indexOf(NEWLINE, start);
      const found = next < count ? next : -1; // what stands behind is of an earlier reading
      const end = found === -1 ? count : found;
      const bytes = rest.length === 0 ? block.subarray(start, end) : Buffer.concat([rest, block.subarray(start, end)]);
      const begins = position + end - bytes.length;
      if (bytes.length > LIMIT_BYTES && !skipping) {
        skipping = found === -1;
        rest = NOTHING;
        yield { offset: begins, bytes: bytes.subarray(0, LIMIT_BYTES), terminated: !skipping, overlong: true };
      } else if (found !== -1) {
        if (!skipping) yield { offset: begins, bytes, terminated: true, overlong: false };
        skipping = false;
        rest = NOTHING;
      } else if (!skipping) {
        rest = Buffer.from(bytes);
      }
      start = end + 1;
    }
    position += count;
  }
  if (rest.length > 0) yield { offset: position - rest.length, bytes: rest, terminated: false, overlong: false };
}

/** The lines that end with a newline, last first; with `containing` only the blocks that hold these bytes are split. */
export function* piecesBackward(fd: number, containing?: Buffer): Generator<{ offset: number; bytes: Buffer }> {
  let rest: Buffer = NOTHING; // the end of a line, with its newline, whose beginning lies before what was read
  for (let position = fstatSync(fd).size; position > 0;) {
    const length = Math.min(BLOCK_BYTES, position);
    position -= length;
    const block = Buffer.allocUnsafe(length);
    const count = readSync(fd, block, 0, length, position);
    const region = Buffer.concat([block.subarray(0, count), rest]);
    const begin = position === 0 ? 0 : region.indexOf(NEWLINE) + 1;
    if (begin === 0 && position > 0) {
      rest = region.length > LIMIT_BYTES ? NOTHING : region; // no line is that long
      continue;
    }
    rest = region.subarray(0, begin);
    if (containing !== undefined && !region.includes(containing, begin)) continue;
    let end = region.lastIndexOf(NEWLINE) + 1;
    while (end > begin) {
      const start = end < 2 ? 0 : Math.max(begin, region.lastIndexOf(NEWLINE, end - 2) + 1);
      yield { offset: position + start, bytes: region.subarray(start, end - 1) };
      end = start;
    }
  }
}
