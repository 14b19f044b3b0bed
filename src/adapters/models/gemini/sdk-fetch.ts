/**
 * What the SDK gets as its `fetch` for one request: our transport. A failure is thrown as it came, with its headers, which
 * the SDK would drop; the body comes event by event, as the SDK searches all that it holds for each event's end.
 */
import type { ReplyBody } from '../http/reply-body.ts';
import type { Reply, RequestInit, Transport } from '../http/transport.ts';

/** An answer that is no reply. */
export class Refusal extends Error {
  readonly reply: Pick<Reply, 'status' | 'headers'>;
  readonly body: string;

  constructor(reply: Pick<Reply, 'status' | 'headers'>, body: string) {
    super(body);
    this.name = 'Refusal';
    this.reply = reply;
    this.body = body;
  }
}

export interface SdkFetch {
  fetch: typeof fetch;
  /** Of the reply, once it has begun. */
  body(): ReplyBody | undefined;
}

export function createSdkFetch(transport: Transport): SdkFetch {
  let body: ReplyBody | undefined;
  const ask = async (url: string | URL, init?: RequestInit): Promise<object> => {
    const reply = await transport(url, init);
    if (!reply.ok) throw new Refusal(reply, await reply.text());
    ({ body } = reply);
    const events = wholeEvents(body);
    const reader = { read: () => events.next(), releaseLock: () => void events.return(undefined) };
    return { ok: true, status: reply.status, headers: {}, body: { getReader: () => reader } };
  };
  return { fetch: ask as unknown as typeof fetch, body: () => body };
}

const ENDS = ['\n\n', '\n\r\n', '\r\r'];

/** The bytes cut after each event; an end that is in two pieces counts. What is no whole event at the end is left out. */
async function* wholeEvents(body: ReplyBody): AsyncGenerator<Uint8Array, undefined> {
  let begun: Uint8Array[] = [];
  let last: Buffer = Buffer.alloc(0);
  for await (const bytes of body) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let from = 0;
    const joint = Buffer.concat([last, chunk.subarray(0, 2)]);
    const straddling = last.length > 0 ? endOfEvent(joint, 0) - last.length : 0;
    if (straddling > 0) {
      yield Buffer.concat([...begun, chunk.subarray(0, straddling)]);
      begun = [];
      from = straddling;
    }
    for (let end = endOfEvent(chunk, from); end > 0; end = endOfEvent(chunk, from)) {
      yield begun.length > 0 ? Buffer.concat([...begun, chunk.subarray(from, end)]) : chunk.subarray(from, end);
      begun = [];
      from = end;
    }
    const rest = chunk.subarray(from);
    if (rest.length > 0) begun.push(rest);
    last = Buffer.concat([from > 0 ? Buffer.alloc(0) : last, rest.subarray(-2)]).subarray(-2);
  }
}

/** Where the first event ends, or -1. */
function endOfEvent(bytes: Buffer, from: number): number {
  const ends = ENDS.map((end) => ({ at: bytes.indexOf(end, from), length: end.length })).filter(({ at }) => at >= 0);
  return ends.length === 0 ? -1 : Math.min(...ends.map(({ at, length }) => at + length));
}
