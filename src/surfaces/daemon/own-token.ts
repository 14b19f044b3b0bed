/** The daemon's own token: for whoever may read its home, or its environment. */
import { isIPv4 } from 'node:net';
import { RuntimeError } from '../../contract/errors.ts';
import { daemonTokenPath, makeDaemonToken, readDaemonToken } from '../../store/daemon-token.ts';
import { BEARER } from '../http/tcp/bearer.ts';

export interface OwnTokenRequest {
  home: string;
  /** In the environment; instead of the one in the home. */
  given: string | undefined;
  /** Where the daemon is to listen. */
  host: string;
  /** Is there another token that opens it? */
  known: boolean;
}

/**
 * It is made where there is none. But beyond this machine nothing is served that only a token that nobody knows of would
 * open. Undefined: others are enough.
 * @throws RuntimeError usage | no_permission | store_unavailable
 */
export function ownToken({ home, given, host, known }: OwnTokenRequest): string | undefined {
  const own = given || readDaemonToken(home);
  if (own !== undefined) {
    if (BEARER.test(own)) return own;
    const place = given ? 'RUNTIME_TOKEN' : `The token in ${daemonTokenPath(home)}`;
    throw new RuntimeError('usage', `${place} can't be sent in a header.`, {
      next: 'Take letters, digits and - . _ ~ + / = alone, at most 512.',
    });
  }
  if (isLoopback(host)) return makeDaemonToken(home);
  if (known) return undefined;
  throw new RuntimeError('usage', `To listen on ${host} the daemon needs a token that you have chosen to give out.`, {
    next: `Make one with \`runtime token create\`, set RUNTIME_TOKEN, or put one into ${daemonTokenPath(home)} (mode 600).`,
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
