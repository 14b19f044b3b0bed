/**
 * What stands in a redacted file in place of contents. The same content always has the same placeholder, so that what was
 * repeated is still seen to repeat; the key is drawn for each export, so that nobody finds a content by hashing guesses.
 * Where it can be, a placeholder is as long as what it stands for: budgets count lengths.
 */
import { digestOf, keyedHash, sha256, type Digest } from '../../base/digest.ts';
import type { LongText } from '../../contract/values.ts';

export interface Placeholders {
  /** A text; one of nothing but white space stays. */
  text(text: string): string;
  longText(text: LongText): LongText;
  /** The whole text that stands for a long one. */
  whole(text: LongText): string;
  /** A blob that isn't a text, of so many bytes. */
  blob(digest: Digest, bytes: number): { blob: Digest; bytes: number };
  /** An id that is still one. */
  id(prefix: string, id: string): string;
  digest(digest: Digest): Digest;
  hash(hash: string): string;
  /** The blobs that placeholders name, by digest. */
  made: ReadonlyMap<Digest, () => string>;
}

/** Of the hex digits of a keyed digest. Enough that two contents of a session never share one. */
const KEY_DIGITS = 12;
const ID_DIGITS = 16;

export function createPlaceholders(salt: string): Placeholders {
  const keyed = keyedHash(salt);
  const made = new Map<Digest, () => string>();

  /** `hex`: SHA-256 of the content. */
  const standIn = (hex: string, bytes: number): string =>
    `[redacted ${bytes} bytes #${keyed(`text:${hex}`).slice(0, KEY_DIGITS)}]`.padEnd(bytes);
  const text = (value: string): string =>
    value.trim() === '' ? value : standIn(sha256(value), Buffer.byteLength(value));
  const whole = (value: LongText): string =>
    typeof value === 'string' ? text(value) : standIn(hexOf(value.blob), value.bytes);
  const blob = (digest: Digest, bytes: number): { blob: Digest; bytes: number } => {
    const content = standIn(hexOf(digest), bytes);
    const named = digestOf(content);
    made.set(named, () => standIn(hexOf(digest), bytes));
    return { blob: named, bytes: content.length };
  };

  return {
    text,
    whole,
    blob,
    longText(value) {
      if (typeof value === 'string') return text(value);
      const content = whole(value);
      const head = content.slice(0, Buffer.byteLength(value.head));
      const tail = content.slice(Math.max(0, content.length - Buffer.byteLength(value.tail)));
      return { ...blob(value.blob, value.bytes), head, tail };
    },
    id: (prefix, value) => `${prefix}${keyed(`id:${value}`).slice(0, ID_DIGITS)}`,
    digest: (digest) => `sha256:${keyed(`digest:${digest}`)}`,
    hash: (value) => keyed(`hash:${value}`),
    made,
  };
}

function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
