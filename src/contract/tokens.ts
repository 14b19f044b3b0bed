/** `RUNTIME_HOME/auth/tokens.json`: who may speak to a daemon. Its validator is generated; import the types only. */
import * as z from 'zod';
import { TOKEN_NAME } from './token-name.ts';
import { hex64, int, role } from './values.ts';

/** What a token can be for. `overlord` is nobody who asks from outside. */
export const tokenRole = role.exclude(['overlord']);

const tokenRecord = z.strictObject({
  name: z.string().regex(TOKEN_NAME),
  role: tokenRole,
  /** SHA-256 of the token. */
  sha256: hex64,
  created_at: int,
  expires_at: int.exactOptional(),
});

export const tokensSchema = z.strictObject({ v: z.literal(1), tokens: z.array(tokenRecord) });

export type TokenRole = z.infer<typeof tokenRole>;
export type TokenRecord = z.infer<typeof tokenRecord>;
export type Tokens = z.infer<typeof tokensSchema>;
