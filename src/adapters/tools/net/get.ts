/**
 * One GET with all its limits. Redirects are followed on the same host, port and scheme only, where nothing else would be judged; one that
 * leads elsewhere is told, so that it becomes a call of its own. No cookies, no credentials, nothing of the project goes out.
 */
import http, { type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { version } from '#generated/version.js';
import type { HostFact } from '../../../contract/values.ts';
import type { Failure } from '../../../base/failure.ts';
import { ENCODINGS, readBody } from './body.ts';
import { hostFact } from './host-fact.ts';
import { type Around, closedFor, connectTo, lookUp } from './reach.ts';

export const MOST_BYTES = 5 * 1024 * 1024;
const MOST_REDIRECTS = 5;
const MOST_HEADER_BYTES = 32 * 1024;

export interface Got {
  url: string;
  status: number;
  reason: string;
  /** As the server says it; '' where it doesn't. */
  type: string;
  bytes: Buffer;
  /** Which the reply came from. */
  address: string;
}

/** Where it leads, as the server says it: nobody has looked at that. */
export interface Leads {
  from: string;
  status: number;
  to: string;
}

/** `heard`: something came from there first, so that the message may have words of the server in it. */
export type Refused = Failure & { heard: boolean };

export interface Wanted {
  url: string;
  /** Why a reply of this type isn't read; undefined: it is. */
  refuse(type: string): string | undefined;
}

/** @throws what broke on the way; the signal's reason */
export async function get({ url: first, refuse }: Wanted, around: Around): Promise<Got | Leads | Refused> {
  let url = new URL(first);
  let addresses: string[] | undefined;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    url.hash = '';
    const target = hostFact('url', url.href)!;
    addresses ??= await lookUp(target.host, around); // of all hops: the host stays
    const closed = closedFor(around, target, addresses);
    if (closed) return { ...closed, heard: hops > 0 };
    const { socket, address } = await connectTo(url, target, addresses, around);
    const abort = (): void => void socket.destroy(around.signal.reason as Error);
    around.signal.addEventListener('abort', abort);
    try {
      const incoming = await request(url, socket);
      const status = incoming.statusCode!;
      const to = redirectOf(incoming, url);
      if (to === undefined) return await reply(url, incoming, address, refuse);
      if ('code' in to) return { ...to, heard: true };
      const next = hostFact('url', to.href)!;
      if (!isSamePlace(target, next)) return { from: url.href, status, to: next.url };
      url = new URL(next.url);
    } finally {
      around.signal.removeEventListener('abort', abort);
      socket.destroy();
    }
  }
  const message = `${first} leads on and on: more than ${MOST_REDIRECTS} redirects`;
  return { code: 'too_many_redirects', message, heard: true };
}

function request(url: URL, socket: Socket): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = http.request({
      createConnection: () => socket,
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'user-agent': `runtime/${version}`,
        accept: 'text/html, application/xhtml+xml, text/*;q=0.9, application/json;q=0.9, */*;q=0.1',
        'accept-encoding': ENCODINGS,
        connection: 'close',
      },
      maxHeaderSize: MOST_HEADER_BYTES,
    });
    asked.once('response', resolve);
    asked.on('error', reject);
    asked.once('close', () => reject(new Error('no reply came')));
    asked.end();
  });
}

const REDIRECTS = [301, 302, 303, 307, 308];

function redirectOf({ statusCode, headers }: IncomingMessage, from: URL): URL | Failure | undefined {
  if (!REDIRECTS.includes(statusCode!) || headers.location === undefined) return undefined;
  const target = URL.parse(headers.location, from.href);
  const refused = target === null ? 'no URL' : hostFact('url', target.href)?.refused;
  if (refused === undefined) return target!;
  return { code: 'redirect_refused', message: `${from.href} leads to what can't be opened (${refused})` };
}

/** The same host, by the same door. */
function isSamePlace(from: HostFact, to: HostFact): boolean {
  const [was, is] = [from, to].map(({ url, port }) => `${URL.parse(url)!.protocol}${port}`);
  return from.host === to.host && was === is;
}

async function reply(
  { href }: URL,
  incoming: IncomingMessage,
  address: string,
  refuse: Wanted['refuse'],
): Promise<Got | Refused> {
  const heard = true;
  const type = incoming.headers['content-type'] ?? '';
  const status = incoming.statusCode!;
  const refused = status < 400 ? refuse(type) : undefined;
  if (refused !== undefined) return { code: 'wrong_type', message: `${href} ${refused}`, heard };
  const bytes = await readBody(incoming, MOST_BYTES);
  if (bytes === 'too_large') return { code: 'too_large', message: `${href} is larger than ${MOST_BYTES} bytes`, heard };
  if (bytes === 'unknown_encoding') {
    return { code: 'unreadable', message: `${href} is compressed by ${incoming.headers['content-encoding']}`, heard };
  }
  return { url: href, status, reason: incoming.statusMessage ?? '', type, bytes, address };
}
