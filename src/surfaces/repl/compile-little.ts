/** What V8 compiles while answers are shown. */
import { setFlagsFromString } from 'node:v8';

const FLAGS = [
  // By default a regular expression is made into bytecode first, and soon into machine code. For large ones both together
  // take thrice as long as machine code at once.
  '--no-regexp-tier-up',
  // What optimized code saves on an answer of 200 KB is less than what it takes to make it.
  '--no-maglev',
  '--no-turbofan',
];

/**
 * From now on V8 compiles as little as showing an answer needs. For when the first one arrives, not before: what is loaded
 * afterwards finds its record (src/scripts.ts) only when that was made with the same flags.
 */
export function compileLittle(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
