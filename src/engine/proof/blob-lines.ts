/** A blob as it stands in an exported file. */
import { isUtf8 } from 'node:buffer';
import type { Digest } from '../../base/digest.ts';
import type { BlobLine } from '../../contract/export.ts';
import { MAX_LINE_BYTES } from '../../store/chain/line.ts';

/** Of a blob that is too long for one line, a part; as base64 a third longer. */
const PART_BYTES = 512 * 1024;

/** One line where it fits, as text where it is text; else parts as base64. Each with its newline. */
export function* blobLines(blob: Digest, bytes: Uint8Array): Generator<string> {
  const whole = bytes.length > MAX_LINE_BYTES ? undefined : wholeLine(blob, bytes);
  if (whole !== undefined && Buffer.byteLength(whole) <= MAX_LINE_BYTES) return yield whole;
  const parts = Math.ceil(bytes.length / PART_BYTES);
  for (let part = 1; part <= parts; part++) {
    const piece = bytes.subarray((part - 1) * PART_BYTES, part * PART_BYTES);
    yield lineOf({ blob, encoding: 'base64', part, parts, data: Buffer.from(piece).toString('base64') });
  }
}

function wholeLine(blob: Digest, bytes: Uint8Array): string {
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return lineOf({ blob, encoding, data: Buffer.from(bytes).toString(encoding) });
}

function lineOf(line: BlobLine): string {
  return `${JSON.stringify(line)}\n`;
}
