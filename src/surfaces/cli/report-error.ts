import { type RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { Io } from './io.ts';
import { paint } from './paint.ts';

/** Says on standard error what is wrong and what to do next. Gives the exit code. */
export function reportError({ stderr }: Io, thrown: unknown): number {
  const error: RuntimeError = toRuntimeError(thrown);
  const [first, ...others] = error.message.split('\n');
  stderr.write(`${paint(stderr, 'red', 'error:')} ${first}\n`);
  for (const line of others) stderr.write(`       ${line}\n`);
  stderr.write(`${paint(stderr, 'bold', 'next:')} ${error.next}\n`);
  return error.exitCode;
}
