/** The body of a reply, uncompressed, and never more of it than is wanted. */
import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';

/** What is asked for. */
export const ENCODINGS = 'gzip, deflate, br';

const DECODERS: Record<string, () => ReturnType<typeof createUnzip | typeof createBrotliDecompress>> = {
  gzip: createUnzip,
  'x-gzip': createUnzip,
  deflate: createUnzip,
  br: createBrotliDecompress,
};

/** `too_large`: it goes on behind `most` bytes, however small it came. @throws what breaks on the way */
export async function readBody(
  incoming: IncomingMessage,
  most: number,
): Promise<Buffer | 'too_large' | 'unknown_encoding'> {
  const encoding = incoming.headers['content-encoding']?.toLowerCase().trim() || 'identity';
  if (encoding !== 'identity' && !Object.hasOwn(DECODERS, encoding)) return 'unknown_encoding';
  const length = Number(incoming.headers['content-length'] ?? 0);
  if (length > most) return 'too_large';
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of decoded(incoming, encoding) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > most) return 'too_large';
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function decoded(incoming: IncomingMessage, encoding: string): Readable {
  const decoder = DECODERS[encoding]?.();
  if (decoder === undefined) return incoming;
  // What breaks is thrown by whoever reads the decoder.
  return pipeline(incoming, decoder, () => undefined);
}
