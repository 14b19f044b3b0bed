/** Whose a bearer token is. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sha256 } from '../../../base/digest.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { Actor } from '../../../contract/values.ts';

/** Whoever may read the home's files may do what its operator may. */
const OPERATOR: Actor = { id: 'token', role: 'operator' };

const TOKEN_NEXT = 'Send the header `Authorization: Bearer <token>`; the token is in daemon.token in RUNTIME_HOME.';

/** Gives who asks, by the token of the home. @throws RuntimeError unauthenticated */
export function createBearer(token: string): (request: IncomingMessage) => Actor {
  const known = digest(token);
  return ({ headers }) => {
    const [, given] = /^Bearer ([\w.~+/=-]{1,512})$/i.exec(headers.authorization ?? '') ?? [];
    // Digests have one length, so the comparison takes the same time whatever was sent.
    if (given !== undefined && timingSafeEqual(digest(given), known)) return OPERATOR;
    throw new RuntimeError('unauthenticated', 'The request has no valid token.', { next: TOKEN_NEXT });
  };
}

function digest(token: string): Buffer {
  return Buffer.from(sha256(token), 'hex');
}
