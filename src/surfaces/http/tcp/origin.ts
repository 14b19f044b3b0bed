/**
 * Requests that a browser sends for a page of somebody else. A page may send to 127.0.0.1, also by a name of its own that
 * it lets point there (DNS rebinding): then `Host` is that name, and `Origin` that of the page.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { RuntimeError } from '../../../contract/errors.ts';

/** Of several who is meant differs from program to program (RFC 9112, 3.2). */
const ONCE = ['host', 'origin', 'authorization'] as const;

/**
 * `allowed`: names of this host, beside its addresses and `localhost`.
 * @throws RuntimeError role_not_allowed, and invalid_request where a header that says who asks stands there twice
 */
export function refuseForeignPages({ headers, headersDistinct }: IncomingMessage, allowed: readonly string[]): void {
  const twice = ONCE.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined) throw new RuntimeError('invalid_request', `The header \`${twice}\` stands there twice.`);
  const host = hostName(headers.host);
  if (host === undefined || !(host === 'localhost' || isIP(host) !== 0 || allowed.includes(host))) {
    throw new RuntimeError('role_not_allowed', 'The `Host` header names another host than this one.', {
      next: 'Ask by its address, or have its name put into `server.allowed_hosts`.',
    });
  }
  const { origin } = headers;
  if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== headers.host) {
    throw new RuntimeError('role_not_allowed', 'Pages of other origins may not ask.');
  }
}

/** Without its port, and an IPv6 address without its brackets. */
function hostName(host: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}
