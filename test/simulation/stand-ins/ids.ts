/** Ids that count: each is the time, and how many there were before on this machine. */
import type * as real from '../../../src/base/ids.ts';
import { processWith } from '../machine/process.ts';

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
const COUNT_CHARACTERS = 16;

export const systemIds: typeof real.systemIds = (clock) => {
  const { machine } = processWith(clock);
  return {
    ulid() {
      machine.count('ids');
      return inDigits(clock.now(), TIME_CHARACTERS) + inDigits(machine.counts.get('ids')!, COUNT_CHARACTERS);
    },
  };
};

export const randomOctets: typeof real.randomOctets = (bytes) => Buffer.alloc(bytes);
export const randomSecret: typeof real.randomSecret = (bytes) => 's'.repeat(bytes);

/** When an id was made (wall clock). */
export function timeOf(id: string): number {
  const digits = id.slice(-TIME_CHARACTERS - COUNT_CHARACTERS, -COUNT_CHARACTERS);
  let time = 0;
  for (const digit of digits) time = time * DIGITS.length + DIGITS.indexOf(digit);
  return time;
}

function inDigits(number: number, length: number): string {
  let rest = number;
  let text = '';
  for (let i = 0; i < length; i++) {
    text = DIGITS[rest % DIGITS.length]! + text;
    rest = Math.floor(rest / DIGITS.length);
  }
  return text;
}
