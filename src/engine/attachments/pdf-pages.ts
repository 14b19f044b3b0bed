/**
 * How many pages a PDF document has (ISO 32000-2, 7.7.3.3): each is an object of that type, written plainly or, since PDF 1.5,
 * in a compressed stream of objects (7.5.7). Earlier versions of pages stay in a document that was changed, so there may
 * be fewer. It is for an estimate: nothing is read but these words, and no more than so much is unpacked.
 */
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';

const PAGE = /\/Type\s*\/Page(?![A-Za-z])/g;
const OBJECT_STREAM = /\/Type\s*\/ObjStm\b/g;
const STREAM = /stream\r?\n/;
/** How far its dictionary goes. */
const DICTIONARY_CHARACTERS = 4096;
const MOST_STREAMS = 5000;
/** Of one stream, unpacked. Usual ones hold a hundred objects. */
const STREAM_BYTES = 4 * 1024 * 1024;
const UNPACKED_BYTES = 64 * 1024 * 1024;

const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate);

/** Undefined where none are found, as in an encrypted document. */
export async function pagesOf(bytes: Buffer): Promise<number | undefined> {
  const text = bytes.toString('latin1');
  let pages = count(text);
  let left = UNPACKED_BYTES;
  let streams = 0;
  for (const { index } of text.matchAll(OBJECT_STREAM)) {
    if (left <= 0 || ++streams > MOST_STREAMS) break;
    const start = streamAfter(text, index);
    if (start === undefined) continue;
    const objects = await unpack(bytes.subarray(start), { maxOutputLength: STREAM_BYTES }).catch(() => undefined);
    if (objects === undefined) continue; // packed another way, or encrypted
    left -= objects.length;
    pages += count(objects.toString('latin1'));
  }
  return pages === 0 ? undefined : pages;
}

function count(text: string): number {
  return [...text.matchAll(PAGE)].length;
}

function streamAfter(text: string, index: number): number | undefined {
  const found = STREAM.exec(text.slice(index, index + DICTIONARY_CHARACTERS));
  return found ? index + found.index + found[0].length : undefined;
}
