/**
 * The vault's cryptography, all of it Node's own: argon2id makes a master key of the passphrase, HKDF makes of that the key
 * of the entries and the check value, and AES-256-GCM seals each entry under a nonce of its own. What an entry belongs to
 * (vault, format, name, times) is authenticated with it: one that was swapped, renamed or brought from elsewhere doesn't open.
 */
import { argon2Sync, createCipheriv, createDecipheriv, hkdfSync, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../../base/canonical-json.ts';
import { randomOctets, randomSecret } from '../../base/ids.ts';
import type { VaultEntry, VaultFile, VaultKdf } from '../../contract/vault.ts';

/** RFC 9106 asks for this much where memory is short; OWASP for less than a third. Takes some tenths of a second. */
const NEW_KDF = { name: 'argon2id', memory_kib: 65_536, passes: 3, lanes: 1 } as const;
/** What is accepted from a file: less is too cheap to guess by, more would let a file take memory and time as it likes. */
const ACCEPTED = { memory_kib: [19_456, 1_048_576], passes: [2, 16], lanes: [1, 16] } as const;

const ALGORITHM = 'aes-256-gcm';
const ID_BYTES = 16;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a vault is beside its entries and its check value. */
export type VaultHeader = Pick<VaultFile, 'v' | 'id' | 'kdf'>;
type Named = Pick<VaultEntry, 'name' | 'created_at' | 'changed_at'>;

export function newHeader(id = randomSecret(ID_BYTES)): VaultHeader {
  return { v: 1, id, kdf: { ...NEW_KDF, salt: randomOctets(SALT_BYTES).toString('base64') } };
}

export function isAcceptedKdf({ salt, ...costs }: VaultKdf): boolean {
  const isWithin = (name: keyof typeof ACCEPTED): boolean => {
    const [least, most] = ACCEPTED[name];
    return costs[name] >= least && costs[name] <= most;
  };
  return bytesOf(salt).length === SALT_BYTES && isWithin('memory_kib') && isWithin('passes') && isWithin('lanes');
}

/** The key of the entries, and what the file must say for it to be the right one. */
export function deriveKey(passphrase: string, header: VaultHeader): { key: Buffer; check: string } {
  const { salt, memory_kib: memory, passes, lanes: parallelism } = header.kdf;
  const master = argon2Sync('argon2id', {
    message: passphrase.normalize('NFC'), // the same text may be typed in more than one way
    nonce: bytesOf(salt),
    memory,
    passes,
    parallelism,
    tagLength: KEY_BYTES,
  });
  const part = (what: string): Buffer =>
    Buffer.from(hkdfSync('sha256', master, bytesOf(salt), `runtime vault ${what} ${canonicalJson(header)}`, KEY_BYTES));
  return { key: part('entries'), check: part('check').toString('base64') };
}

export function isSameCheck(one: string, other: string): boolean {
  const [a, b] = [bytesOf(one), bytesOf(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function sealEntry(key: Buffer, { v, id }: VaultHeader, named: Named, value: string): VaultEntry {
  const nonce = randomOctets(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(belonging(v, id, named));
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { ...named, nonce: nonce.toString('base64'), sealed: sealed.toString('base64') };
}

/** Undefined: it isn't what was sealed under this key for this place. */
export function openEntry(key: Buffer, { v, id }: VaultHeader, entry: VaultEntry): string | undefined {
  const { nonce, sealed, ...named } = entry;
  const [iv, bytes] = [bytesOf(nonce), bytesOf(sealed)];
  if (iv.length !== NONCE_BYTES || bytes.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(belonging(v, id, named));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function belonging(v: number, vault: string, { name, created_at, changed_at }: Named): Buffer {
  return Buffer.from(canonicalJson({ v, vault, name, created_at, changed_at }));
}

function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
