/**
 * An exported session as it lies in a file: header, entries, blobs. A first pass finds where each blob stands and checks
 * it against its digest, one line in memory at a time; then entries are read as those of any journal, and blobs as they
 * are asked for.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { validate as validateBlobLine } from '#generated/blob-line-validator.js';
import { validate as validateHeader } from '#generated/export-header-validator.js';
import { sha256, type Digest } from '../base/digest.ts';
import { parseStrictJson } from '../base/strict-json.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { BlobLine, ExportHeader } from '../contract/export.ts';
import type { Blobs, JournalEnd, Visit } from '../contract/ports.ts';
import type { VerifyFailureCode, VerifyReport } from '../contract/verify.ts';
import { MAX_LINE_BYTES } from './chain/line.ts';
import { piecesForward, type Piece } from './chain/pieces.ts';
import { withFile } from './files.ts';
import { readJournalLines } from './journal-file.ts';

type Failure = NonNullable<VerifyReport['failure']>;

export interface ExportFile {
  /** Absent when it isn't one: `failure` says why. */
  header?: ExportHeader;
  /** What is wrong with the lines that aren't entries. */
  failure?: Failure;
  /** The blobs in it whose bytes are those of their digest. */
  digests: ReadonlySet<Digest>;
  blobs: Pick<Blobs, 'get'>;
  /** Visits the entries. The header's head must be among them. */
  read(visit: Visit): Promise<JournalEnd & { session?: string }>;
}

const FIRST_BYTES = Buffer.from('{"schemaVersion":');
const BLOB_BYTES = Buffer.from('{"blob":');
/** After so many bytes others get their turn. */
const BREATH_BYTES = 4 * 1024 * 1024;

/** Opens the file of an exported session; undefined: it is none, as a plain journal isn't. */
export function withExportFile<T>(path: string, use: (file: ExportFile | undefined) => Promise<T>): Promise<T> {
  return withFile(path, async (fd) => {
    if (fd === undefined) throw new RuntimeError('not_found', `There is no file ${path}.`, { next: 'Check the path.' });
    const [first] = piecesForward(fd, 0).take(1);
    if (!first?.bytes.subarray(0, FIRST_BYTES.length).equals(FIRST_BYTES)) return use(undefined);
    const index = await indexFile(fd, headerOf(first));
    return use(exportFile(fd, index));
  });
}

interface Index {
  header?: ExportHeader;
  failure?: Failure;
  /** Where the entries begin and end. */
  from: number;
  until: number;
  /** Where the lines of each blob begin. */
  blobs: Map<Digest, number[]>;
}

function exportFile(fd: number, { header, failure, from, until, blobs }: Index): ExportFile {
  return {
    ...(header && { header }),
    ...(failure && { failure }),
    digests: new Set(blobs.keys()),
    blobs: {
      async get(digest) {
        const offsets = blobs.get(digest);
        if (offsets === undefined) return undefined;
        const bytes = Buffer.concat(offsets.map((offset) => bytesOf(lineAt(fd, offset))));
        if (`sha256:${sha256(bytes)}` === digest) return bytes;
        throw new RuntimeError('store_damaged', `The file was changed while it was read (at blob ${digest}).`);
      },
    },
    read: (visit) => readJournalLines(fd, visit, { from, until, ...(header && { head: header.head }) }),
  };
}

function lineAt(fd: number, offset: number): BlobLine {
  const [piece] = piecesForward(fd, offset).take(1);
  const line = piece && blobLineOf(piece);
  if (line) return line;
  throw new RuntimeError('store_damaged', 'The file was changed while it was read.');
}

interface Header {
  header?: ExportHeader;
  failure?: Failure;
  /** Its length with the newline. */
  bytes: number;
}

function headerOf(piece: Piece): Header {
  const bytes = piece.bytes.length + 1;
  const failed = (code: VerifyFailureCode, message: string): Header => ({
    bytes,
    failure: failureAt(1, code, message),
  });
  if (!piece.terminated || piece.overlong) return failed('truncated', 'it ends within its header');
  const value = valueOf(piece);
  const version = (value as { schemaVersion?: unknown } | undefined)?.schemaVersion;
  if (typeof version === 'string' && /^runtime\.export\.v\d+$/.test(version) && version !== 'runtime.export.v1') {
    return failed('entry_too_new', `it is of a later form, ${version}`);
  }
  if (!validateHeader(value)) return failed('malformed', 'its first line is no header of an exported session');
  return { bytes, header: value };
}

async function indexFile(fd: number, { header, failure, bytes: from }: Header): Promise<Index> {
  const index: Index = { from, until: from, blobs: new Map(), ...(header && { header }), ...(failure && { failure }) };
  if (!header) return index;
  let entries = 0;
  let line = 1;
  let open: OpenBlob | undefined;
  let breath = from + BREATH_BYTES;
  const fail = (code: VerifyFailureCode, message: string): Index => ({
    ...index,
    failure: failureAt(line, code, message),
  });
  for (const piece of piecesForward(fd, from)) {
    line++;
    if (piece.offset > breath) {
      breath = piece.offset + BREATH_BYTES;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!piece.bytes.subarray(0, BLOB_BYTES.length).equals(BLOB_BYTES)) {
      // Entries are looked at as those of any journal; behind the blobs none may stand.
      if (index.blobs.size > 0 || open) return fail('malformed', 'an entry stands behind the blobs');
      if (piece.terminated) entries++;
      index.until = piece.offset + piece.bytes.length + 1;
      continue;
    }
    if (!piece.terminated) return fail('truncated', 'the file ends within a blob');
    const found = blobLineOf(piece);
    if (!found) return fail('malformed', 'it is no line of a blob');
    open ??= { digest: found.blob, hash: createHash('sha256'), offsets: [], parts: found.parts ?? 1 };
    if (!continues(open, found)) return fail('malformed', 'it is not the part of the blob that follows');
    open.offsets.push(piece.offset);
    open.hash.update(bytesOf(found));
    if (open.offsets.length < open.parts) continue;
    if (index.blobs.has(open.digest)) return fail('malformed', `the blob ${open.digest} is there twice`);
    if (`sha256:${open.hash.digest('hex')}` !== open.digest) {
      return fail('blob_mismatch', `the blob ${open.digest} holds other bytes than those it is named after`);
    }
    index.blobs.set(open.digest, open.offsets);
    open = undefined;
  }
  line++;
  if (entries < header.entries) return fail('truncated', `the file has ${entries} of its ${header.entries} entries`);
  if (index.blobs.size < header.blobs || open) {
    return fail('truncated', `the file has ${index.blobs.size} of its ${header.blobs} blobs`);
  }
  if (entries > header.entries || index.blobs.size > header.blobs) {
    return fail('malformed', 'the file has more entries or blobs than its header says');
  }
  return index;
}

/** A blob of which not all parts have come. */
interface OpenBlob {
  digest: Digest;
  hash: Hash;
  offsets: number[];
  parts: number;
}

function continues({ digest, offsets, parts }: OpenBlob, line: BlobLine): boolean {
  if (line.blob !== digest) return false;
  if (parts === 1) return line.part === undefined && line.parts === undefined;
  return line.parts === parts && line.part === offsets.length + 1;
}

function blobLineOf(piece: Piece): BlobLine | undefined {
  const value = piece.overlong || piece.bytes.length >= MAX_LINE_BYTES ? undefined : valueOf(piece);
  return validateBlobLine(value) ? value : undefined;
}

function valueOf({ bytes }: Piece): unknown {
  if (!isUtf8(bytes)) return undefined;
  const parsed = parseStrictJson(bytes.toString('utf8'));
  return parsed.ok ? parsed.value : undefined;
}

function bytesOf({ encoding, data }: BlobLine): Buffer {
  return Buffer.from(data, encoding);
}

function failureAt(line: number, code: VerifyFailureCode, message: string): Failure {
  return { line, seq: 0, code, message: `line ${line}: ${message}` };
}
