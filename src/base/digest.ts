import { createHmac, hash } from 'node:crypto';

/** Gives the SHA-256 of a text's UTF-8 bytes, or of the bytes, as 64 lower-case hex digits. */
export type Hash = (data: string | Uint8Array) => string;

/** A content digest as it stands in entries: `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

export const sha256: Hash = (data) => hash('sha256', data, 'hex');

/** The digest of bytes, or of a text's UTF-8 bytes. */
export function digestOf(data: string | Uint8Array): Digest {
  return `sha256:${sha256(data)}`;
}

/** Gives the HMAC-SHA-256 of texts under a key: what nobody can guess who doesn't have the key. */
export function keyedHash(key: string): (text: string) => string {
  return (text) => createHmac('sha256', key).update(text).digest('hex');
}
