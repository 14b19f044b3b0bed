/** A reply's bytes as they come: counted, digested, and never more of them held than one event may have. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import type zlib from 'node:zlib';
import { ModelFault } from '../reply/fault.ts';

export interface ReplyBody extends AsyncIterable<Uint8Array> {
  /** SHA-256 (hex) over the bytes that have come, decompressed. */
  hash(): string;
  /** The beginning of what has come, for messages. */
  head(): string;
}

export interface BodyWatch {
  /** Called before each wait for bytes. `ms`: how long it may take, where that isn't the usual time. */
  waiting(ms?: number): void;
  /** Called once, when the connection is done with. */
  finish(): void;
  /** What a broken connection is reported as. */
  broken(error: unknown): Error;
}

/**
 * The SDK collects an event until its end, and the last event of the Responses format repeats the whole reply: twice the
 * 8 MiB that a reply may have.
 */
const EVENT_BYTES = 16 * 1024 * 1024;

/** After its end mark a stream is read to its end, so that the connection can be used again, unless that takes this long. */
const DRAIN_MS = 1000;
const DRAIN_BYTES = 64 * 1024;

const HEAD_BYTES = 200;

export function readBody(incoming: IncomingMessage, watch: BodyWatch): ReplyBody {
  const source = decompressed(incoming);
  const digest = createHash('sha256');
  const event = createEventMeter();
  let head = '';

  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  const next = async (ms?: number): Promise<Buffer | undefined> => {
    watch.waiting(ms);
    const { value } = await chunks.next();
    if (value === undefined) return undefined;
    digest.update(value);
    if (head.length < HEAD_BYTES) head += value.toString('utf8', 0, HEAD_BYTES);
    return value;
  };

  async function* read(): AsyncGenerator<Buffer, void> {
    let ended = false;
    let failed = false;
    try {
      for (let chunk = await next(); chunk; chunk = await next()) {
        if (event.add(chunk) > EVENT_BYTES) {
          throw new ModelFault(
            'malformed',
            'reply_too_large',
            `one event of the reply is longer than ${EVENT_BYTES / 2 ** 20} MiB`,
          );
        }
        yield chunk;
      }
      ended = true;
    } catch (error) {
      failed = true;
      throw error instanceof ModelFault ? error : watch.broken(error);
    } finally {
      if (!ended && !failed) ended = await drain(next);
      if (!ended) incoming.destroy();
      watch.finish();
    }
  }

  const body = read();
  return {
    [Symbol.asyncIterator]: () => body,
    hash: () => digest.copy().digest('hex'),
    head: () => head.slice(0, HEAD_BYTES),
  };
}

/** Whether the end came soon. */
async function drain(next: (ms: number) => Promise<Buffer | undefined>): Promise<boolean> {
  try {
    let bytes = 0;
    while (bytes < DRAIN_BYTES) {
      const chunk = await next(DRAIN_MS);
      if (!chunk) return true;
      bytes += chunk.length;
    }
  } catch {
    // It broke, or took too long: what was wanted had come before.
  }
  return false;
}

/** `add` gives the bytes since the last blank line. */
function createEventMeter(): { add(chunk: Buffer): number } {
  let bytes = 0;
  let before = Buffer.alloc(0);
  return {
    add(chunk) {
      const joint = Buffer.concat([before, chunk.subarray(0, 3)]); // the blank line may be in two chunks
      const end = Math.max(chunk.lastIndexOf('\n\n'), chunk.lastIndexOf('\r\n\r\n'));
      if (end >= 0) bytes = chunk.length - end;
      else if (joint.includes('\n\n') || joint.includes('\r\n\r\n')) bytes = chunk.length;
      else bytes += chunk.length;
      before = Buffer.from(chunk.subarray(-3));
      return bytes;
    },
  };
}

/** We ask for plain text; some proxies compress all the same. */
function decompressed(incoming: IncomingMessage): Readable {
  const encoding = incoming.headers['content-encoding']?.toLowerCase().trim() ?? 'identity';
  if (!['gzip', 'x-gzip', 'deflate', 'br'].includes(encoding)) return incoming;
  // Not imported: hardly ever needed.
  const { createBrotliDecompress, createUnzip }: typeof zlib = process.getBuiltinModule('node:zlib');
  const decoder = encoding === 'br' ? createBrotliDecompress() : createUnzip();
  // What breaks is reported by reading the decoder.
  decoder.on('error', () => undefined);
  pipeline(incoming, decoder, () => undefined);
  return decoder;
}
