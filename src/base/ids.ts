import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

/** Makes ids that come from outside the kernel. Given to whoever needs it. */
export interface Ids {
  /** A lower-case ULID (26 characters): sorts by the time of its making. */
  ulid(): string;
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
const RANDOM_BYTES = 16;
/** Asking the system takes long, however little is asked for. */
const DRAWN_AT_ONCE = 64 * RANDOM_BYTES;

/** Ids drawn from the operating system's randomness (https://github.com/ulid/spec). */
export function systemIds(clock: Clock): Ids {
  let drawn = Buffer.alloc(0);

  function draw(): Buffer {
    if (drawn.length === 0) drawn = randomBytes(DRAWN_AT_ONCE);
    const bytes = drawn.subarray(0, RANDOM_BYTES);
    drawn = drawn.subarray(RANDOM_BYTES);
    return bytes;
  }

  return {
    ulid() {
      let rest = clock.now();
      let time = '';
      for (let i = 0; i < TIME_CHARACTERS; i++) {
        time = ALPHABET[rest % 32]! + time;
        rest = Math.floor(rest / 32);
      }
      let random = '';
      for (const byte of draw()) random += ALPHABET[byte % 32]!;
      return time + random;
    },
  };
}

/** `bytes` of the operating system's randomness: what nobody can guess. */
export function randomOctets(bytes: number): Buffer {
  return randomBytes(bytes);
}

/** The same as characters of base64url. */
export function randomSecret(bytes: number): string {
  return randomOctets(bytes).toString('base64url');
}
