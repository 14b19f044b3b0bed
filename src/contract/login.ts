/**
 * `RUNTIME_HOME/auth/codex.json`: a login with ChatGPT, and how whoever asks a model by it gets at it. The file's
 * validator is generated; import the types only.
 */
import * as z from 'zod';
import { int } from './values.ts';

export const loginSchema = z.strictObject({
  v: z.literal(1),
  /** Who gave the tokens, and may renew them. */
  issuer: z.string(),
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).exactOptional(),
  /** The ChatGPT account that requests are for. */
  account_id: z.string().exactOptional(),
  email: z.string().exactOptional(),
  /** As the issuer names it: `plus`, `pro`, `team`. */
  plan: z.string().exactOptional(),
  /** When the access token ends, ms UTC by this machine's clock. */
  expires_at: int,
  /** When the person logged in. */
  logged_in_at: int,
  renewed_at: int.exactOptional(),
  /** A renewal was begun then, and nothing is known of its end. */
  renewing_since: int.exactOptional(),
});

export type Login = z.infer<typeof loginSchema>;

/** What a request is sent with. */
export interface Bearer {
  access_token: string;
  account_id?: string;
}

export type BearerAnswer =
  | ({ ok: true } & Bearer)
  | {
      ok: false;
      /** `auth`: a person must log in again. The others may pass. */
      class: 'auth' | 'network' | 'timeout' | 'overload';
      code: string;
      /** Says what to do; never holds a token. */
      message: string;
    };

/** A login, for whoever asks a model by it. */
export interface Bearers {
  /**
   * What is good now; a login that soon ends is renewed before. `refused`: the access token that the service has just
   * refused, so that it must be another.
   */
  bearer(refused?: string): Promise<BearerAnswer>;
}
