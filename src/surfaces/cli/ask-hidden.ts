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
export type AskHidden = (prompt: string) => Promise<string | undefined>;

type Terminal = Pick<Io, 'stdin' | 'stderr'>;

/** One question. */
export function askHidden(io: Terminal, prompt: string): Promise<string | undefined> {
  return whileHidden(io, (ask) => ask(prompt));
}

/** Several: what is typed between them isn't shown either. */
export async function whileHidden<T>({ stdin, stderr }: Terminal, work: (ask: AskHidden) => Promise<T>): Promise<T> {
  const input = createLineInput(stdin.stream(), stderr, systemClock);
  try {
    return await work((prompt) => input.ask(prompt, { hidden: true }));
  } finally {
    input.close();
  }
}
