import type { Clock } from '../../base/clock.ts';
import { onSignals } from '../signals.ts';
import { createKeyReader } from '../terminal/keys/reader.ts';
import type { TerminalStreams } from '../terminal/streams.ts';
import { whenRead } from '../terminal/when-read.ts';
import { createLineInput } from './first-start/line-input.ts';
import type { Io } from './io.ts';

/** Whether a person at the terminal says yes; undefined where nobody can be asked. */
export async function asksYes({ terminal, stderr }: Io, question: string, clock: Clock): Promise<boolean | undefined> {
  const streams = terminal();
  if (streams === undefined) return undefined;
  await dropTyped(streams.input, clock);
  const input = createLineInput(streams.input, stderr, clock);
  const stopListening = onSignals(() => input.giveUp());
  try {
    const answer = await input.ask(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer ?? '');
  } finally {
    input.close();
    stopListening();
  }
}

/** What was typed before the question is no answer to it. */
async function dropTyped(input: TerminalStreams['input'], clock: Clock): Promise<void> {
  const reader = createKeyReader(input, { key: () => {}, paste: () => {} }, clock);
  await new Promise<void>(whenRead);
  reader.close();
}
