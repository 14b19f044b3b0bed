/** Asking for what nobody may see: on standard error, so that the result can go elsewhere. */
import { isatty } from 'node:tty';
import { systemClock } from '../../base/clock.ts';
import { createLineInput } from './first-start/line-input.ts';
import type { Io } from './io.ts';

/** Is there somebody at a terminal? */
export function canAsk({ stderr }: Pick<Io, 'stderr'>): boolean {
  return stderr.isTty && isatty(0);
}

/** The line, without blanks at its ends, which isn't shown; undefined: the person has had enough. */
export async function askHidden(
  { stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>,
  prompt: string,
): Promise<string | undefined> {
  const input = createLineInput(stdin.stream(), stderr, systemClock);
  try {
    return await input.ask(prompt, { hidden: true });
  } finally {
    input.close();
  }
}
