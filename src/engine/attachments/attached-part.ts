/** A file that goes with a message, by its bytes: a text is told as text, an image or a document becomes a blob. */
import { isUtf8 } from 'node:buffer';
import { RuntimeError } from '../../contract/errors.ts';
import type { SubmittedPart } from '../../contract/host.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { Part } from '../../contract/values.ts';
import type { Redactor } from '../session/redact.ts';
import { mediaTypeOf, PDF } from './media-type.ts';
import { pagesOf } from './pdf-pages.ts';

type Attached = Extract<SubmittedPart, { type: 'file' }>;

/** What a model is told of a text whole; of longer ones it reads parts, by its tools. */
const MOST_TEXT_BYTES = 512 * 1024;
/** Services take no larger image. In base64 it still fits into a message. */
const MOST_BYTES = 5 * 1024 * 1024;
const LONGEST_NAME = 256;

/** Texts still have to pass the border. Bytes can't be redacted: who has a known secret in them is refused. @throws RuntimeError attachment_unfit */
export async function attachedPart(file: Attached, redactor: Redactor, blobs: Blobs): Promise<Part> {
  const name = nameOf(file);
  const bytes = decoded(file, name);
  const media_type = mediaTypeOf(bytes);
  if (media_type === undefined)
    return { type: 'text', text: `The file ${name ?? 'without a name'}:\n${textIn(bytes, name)}` };
  mustFit(bytes, name, MOST_BYTES);
  const raw = bytes.toString('latin1');
  if (redactor.exact.text(raw) !== raw) {
    throw unfit(`${shown(name)} has a known secret in it, which is never recorded`, 'Take the secret out of it.');
  }
  const pages = media_type === PDF ? await pagesOf(bytes) : undefined;
  return {
    type: media_type === PDF ? 'file' : 'image',
    blob: await blobs.put(bytes),
    media_type,
    ...(name !== undefined && { name }),
    bytes: bytes.length,
    ...(pages !== undefined && { pages }),
  };
}

/** Base64 as RFC 4648, section 4, has it, padded: what else Node would read isn't what its sender meant. */
function decoded({ base64 }: Attached, name: string | undefined): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) {
    throw unfit(
      `the bytes of ${shown(name)} are no base64`,
      'Encode them as RFC 4648 says: padded, without line breaks.',
    );
  }
  return bytes;
}

/** On one line: it stands before a text, and in what people read. */
function nameOf({ name }: Attached): string | undefined {
  const clean = name
    ?.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_NAME)
    .toWellFormed();
  return clean === '' ? undefined : clean;
}

function textIn(bytes: Buffer, name: string | undefined): string {
  if (!isUtf8(bytes) || bytes.includes(0)) throw unfit(`${shown(name)} is no text, image or document`);
  mustFit(bytes, name, MOST_TEXT_BYTES, 'Name the file in the message instead: the model can read parts of it.');
  return bytes.toString('utf8');
}

function mustFit({ length }: Buffer, name: string | undefined, most: number, next = 'Send a smaller one.'): void {
  if (length > most) throw unfit(`${shown(name)} has ${length} bytes; at most ${most} go with a message`, next);
}

function shown(name: string | undefined): string {
  return name === undefined ? 'a file without a name' : name;
}

function unfit(message: string, next?: string): RuntimeError {
  return new RuntimeError('attachment_unfit', message, next === undefined ? {} : { next });
}
