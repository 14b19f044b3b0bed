/** Whose a bearer token is. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../base/clock.ts';
import { sha256 } from '../../../base/digest.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { TokenRecord } from '../../../contract/tokens.ts';
import type { Actor } from '../../../contract/values.ts';
import { DAEMON_ACTOR } from '../../../engine/principal.ts';

export interface Credentials {
  /** The daemon's own token, where it has one. */
  own: string | undefined;
  /** Those that were made for others, as they are now. */
  tokens(): readonly TokenRecord[];
  clock: Clock;
}

/** What can stand in the header. */
export const BEARER = /^[\w.~+/=-]{1,512}$/;

const TOKEN_NEXT = 'Send the header `Authorization: Bearer <token>`; `runtime token create` makes one.';

/** Gives who asks. @throws RuntimeError unauthenticated | store_unavailable */
export function createBearer({ own, tokens, clock }: Credentials): (request: IncomingMessage) => Actor {
  const ownDigest = own === undefined ? undefined : digestOf(own);
  return ({ headers }) => {
    const [, given = ''] = /^Bearer +(\S*)$/i.exec(headers.authorization ?? '') ?? [];
    if (!BEARER.test(given)) throw refused('The request has no valid token.');
    const digest = digestOf(given);
    // Digests have one length, so a comparison takes the same time whatever was sent.
    if (ownDigest !== undefined && timingSafeEqual(digest, ownDigest)) return DAEMON_ACTOR;
    const known = readable(tokens).find((record) => timingSafeEqual(digest, Buffer.from(record.sha256, 'hex')));
    if (known === undefined) throw refused('The request has no valid token.');
    if (isExpired(known, clock)) throw refused('The token has expired.');
    return { id: known.name, role: known.role };
  };
}

export function isExpired({ expires_at = Infinity }: TokenRecord, clock: Clock): boolean {
  return clock.now() >= expires_at;
}

/** Who may not be let in yet isn't told where what on the disk. */
function readable(tokens: Credentials['tokens']): readonly TokenRecord[] {
  try {
    return tokens();
  } catch (error) {
    throw new RuntimeError('store_unavailable', "The tokens can't be read.", {
      next: 'Whoever runs the daemon sees why with `runtime token ls`.',
      cause: error,
    });
  }
}

function refused(message: string): RuntimeError {
  return new RuntimeError('unauthenticated', message, { next: TOKEN_NEXT });
}

function digestOf(token: string): Buffer {
  return Buffer.from(sha256(token), 'hex');
}
