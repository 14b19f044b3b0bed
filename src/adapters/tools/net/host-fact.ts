/**
 * What policy must know of a URL, in normal form. The WHATWG's parser makes one host of the many spellings of it (decimal,
 * octal, hexadecimal and shortened numbers, full-width letters and dots, other alphabets, escapes); what it leaves we do:
 * a last dot, schemes that it doesn't know. Nobody is asked what a name means: the question alone would tell others.
 */
import { isAddress, type Scope, scopeOf } from '../../../base/ip-address.ts';
import type { HostFact } from '../../../contract/values.ts';

const PORTS: Record<string, number> = {
  'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443, 'ftp:': 21, 'ssh:': 22, 'sftp:': 22, 'git:': 9418,
}; // prettier-ignore

/** Names of this machine, and of what tells a cloud's machine its credentials: their addresses are known without asking. */
const KNOWN: [name: RegExp, address: string][] = [
  [/(?:^|\.)localhost$/, '127.0.0.1'],
  [/^metadata(?:\.google\.internal|\.goog)$/, '169.254.169.254'],
];

/** Undefined: it is no URL. `arg`: the argument that has it. */
export function hostFact(arg: string, text: string): HostFact | undefined {
  const url = URL.parse(text);
  if (url === null) return undefined;
  const host = normalHost(url.hostname);
  if (host === undefined) return undefined;
  if (PORTS[url.protocol] !== undefined && host !== url.hostname) url.hostname = host;
  const addresses = addressesOf(host);
  const scope = scopeAmong(addresses);
  const refused = refusal(url, host);
  return {
    arg,
    url: url.href,
    host,
    port: url.port === '' ? (PORTS[url.protocol] ?? 0) : Number(url.port),
    addresses,
    ...(scope && { scope }),
    ...(refused && { refused }),
  };
}

/** Undefined: all of them are public, or there are none. */
export function scopeAmong(addresses: readonly string[]): Scope | undefined {
  return addresses.map(scopeOf).find((scope) => scope !== undefined);
}

/** The host as rules name it; undefined: it can't be one. */
function normalHost(hostname: string): string | undefined {
  if (hostname === '') return '';
  // Of a scheme that it doesn't know the parser leaves the host as it stands.
  return URL.parse(`http://${hostname}/`)?.hostname.replace(/\.+$/, '') || undefined;
}

/** Those that the URL itself says. */
export function addressesOf(host: string): string[] {
  if (isAddress(host)) return [host.replace(/^\[|\]$/g, '')];
  return KNOWN.filter(([name]) => name.test(host)).map(([, address]) => address);
}

function refusal({ protocol, username, password }: URL, host: string): HostFact['refused'] {
  if ((protocol !== 'http:' && protocol !== 'https:') || host === '') return 'scheme';
  return username !== '' || password !== '' ? 'userinfo' : undefined;
}
