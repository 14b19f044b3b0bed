import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { BODY_BYTES, readBody } from './read-body.ts';

const any = (value: unknown): value is unknown => value !== undefined;

/** A body of which so much has come, and no end yet. */
function body(piece: Buffer): { request: Readable; read: Promise<unknown> } {
  const request = Object.assign(new Readable({ read() {} }), { headers: { 'content-type': 'application/json' } });
  const read = readBody(request as unknown as IncomingMessage, any, BODY_BYTES);
  read.catch(() => {}); // not every test looks at all of them
  request.push(piece);
  return { request, read };
}

test('long bodies on their way are held up to a bound, and short ones still come', async () => {
  const long = Buffer.alloc(BODY_BYTES, ' ');
  const many = Array.from({ length: 32 }, () => body(long));
  await new Promise(setImmediate);
  await expect(body(long).read).rejects.toMatchObject({ code: 'overloaded' });
  const short = body(Buffer.from('{}'));
  short.request.push(null);
  expect(await short.read).toEqual({});
  for (const { request } of many) request.destroy();
  await Promise.allSettled(many.map(({ read }) => read));
  const next = body(Buffer.concat([Buffer.from('[]'), long.subarray(2)]));
  next.request.push(null);
  expect(await next.read).toEqual([]);
});

test('a body whose connection ended before it was wanted broke off', async () => {
  const request = Object.assign(new Readable({ read() {} }), { headers: { 'content-type': 'application/json' } });
  request.destroy();
  await new Promise(setImmediate);
  const read = readBody(request as unknown as IncomingMessage, any, BODY_BYTES);
  await expect(read).rejects.toMatchObject({ code: 'invalid_request' });
});
