/**
 * `RUNTIME_HOME/vault.json`: secrets, each encrypted for itself, under a key that is made from a passphrase. Its validator is
 * generated; import the types only.
 */
import * as z from 'zod';
import { SECRET_NAME } from './secret-name.ts';
import { int } from './values.ts';

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

export const MOST_SECRETS = 500;

const vaultEntry = z.strictObject({
  name: z.string().regex(SECRET_NAME),
  created_at: int,
  /** When the value was put there that stands there now. */
  changed_at: int,
  nonce: base64,
  /** Ciphertext and tag. Vault, version, name and times are authenticated with it. */
  sealed: base64,
});

export const vaultSchema = z.strictObject({
  v: z.literal(1),
  /** Unlike that of any other vault. */
  id: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  /** How the key is made of the passphrase; what is accepted of it stands in store/vault/seal.ts. */
  kdf: z.strictObject({ name: z.literal('argon2id'), salt: base64, memory_kib: int, passes: int, lanes: int }),
  /** What the right passphrase gives for this vault. */
  check: base64,
  entries: z.array(vaultEntry).max(MOST_SECRETS),
});

export type VaultFile = z.infer<typeof vaultSchema>;
export type VaultEntry = VaultFile['entries'][number];
export type VaultKdf = VaultFile['kdf'];
