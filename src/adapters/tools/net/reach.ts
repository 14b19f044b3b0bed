/**
 * A connection to a host, by way of its addresses: a name is looked up once, every address that it has is judged, and one of
 * just these is connected to. Whatever the name means a moment later makes no difference.
 */
import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import { isAddress } from '../../../base/ip-address.ts';
import type { ToolContext } from '../../../contract/ports.ts';
import type { HostFact } from '../../../contract/values.ts';
import type { Failure } from '../../../base/failure.ts';
import { addressesOf, scopeAmong } from './host-fact.ts';
import type { Network } from './network.ts';

/** For one address; then the next is tried. */
const CONNECTING_MS = 10_000;

export interface Around {
  network: Network;
  clock: Clock;
  /** Aborts at the call's deadline, too. */
  signal: AbortSignal;
  mayConnect: ToolContext['mayConnect'];
}

/** The addresses of a host, looked up if need be. @throws the system's error, or the signal's reason */
export async function lookUp(host: string, { network, signal }: Around): Promise<string[]> {
  const own = addressesOf(host);
  if (own.length > 0) return own;
  return unlessAborted(signal, network.resolve(host));
}

/** Why it may not be connected to; undefined: it may. Of several addresses all must be as the policy wants them. */
export function closedFor(
  { mayConnect }: Around,
  { host, port }: Pick<HostFact, 'host' | 'port'>,
  addresses: string[],
): Failure | undefined {
  const scope = scopeAmong(addresses);
  if (addresses.length > 0 && mayConnect({ host, port, addresses, ...(scope && { scope }) })) return undefined;
  const where = addresses.length === 0 ? 'has no address' : `is ${addresses.join(', ')}, no public place (${scope})`;
  return { code: 'private_address', message: `${host}:${port} ${where}, and network.allow_private does not open it` };
}

/** @throws the error of the last address, or the signal's reason */
export async function connectTo(
  url: URL,
  { port }: Pick<HostFact, 'port'>,
  addresses: readonly string[],
  around: Around,
): Promise<{ socket: Socket; address: string }> {
  let last: unknown;
  for (const address of addresses) {
    const socket = around.network.connect(address, port);
    try {
      await established(socket, 'connect', around);
      if (url.protocol !== 'https:') return { socket, address };
      return { socket: await established(secured(socket, url, around.network), 'secureConnect', around), address };
    } catch (error) {
      socket.destroy();
      around.signal.throwIfAborted();
      last = error;
    }
  }
  throw last;
}

function secured(socket: Socket, { hostname }: URL, { ca }: Network): TLSSocket {
  const isName = !isAddress(hostname);
  const host = isName ? hostname : hostname.replace(/^\[|\]$/g, '');
  return connectTls({
    socket,
    host,
    ...(isName && { servername: host }),
    ALPNProtocols: ['http/1.1'],
    ...(ca !== undefined && { ca }),
  });
}

function established<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  { clock, signal }: Around,
): Promise<S> {
  const made = new Promise<S>((resolve, reject) => {
    const cancel = clock.at(clock.now() + CONNECTING_MS, () => socket.destroy(new Error(`no answer within ${CONNECTING_MS / 1000} s`))); // prettier-ignore
    socket.once(event, () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => (cancel(), reject(new Error('it was closed'))));
    socket.once(event, cancel);
  });
  return unlessAborted(signal, made);
}

/** @throws the signal's reason, as soon as there is one */
export function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    const done = (): void => signal.removeEventListener('abort', abort);
    promise.then(resolve, reject).finally(done);
  });
}
