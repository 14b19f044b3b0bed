/** Piped standard input, as text. */
import { fstatSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Io } from './io.ts';

const MOST_BYTES = 8 * 1024 * 1024;
const NOTICE_AFTER_MS = 1500;

/** Whether something is piped or redirected into the program: a file, a pipe or a socket, not a terminal or /dev/null. */
export function isPiped(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false; // closed before we started
  }
}

/** Reads standard input to its end. @throws RuntimeError usage when it is too long */
export async function readPiped(io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const now = systemClock.now();
  const quiet = systemClock.at(now + NOTICE_AFTER_MS, () => {
    io.stderr.write('waiting for standard input to end (give it `< /dev/null` when there is none)\n');
  });
  try {
    for await (const chunk of io.stdin.stream() as AsyncIterable<Buffer>) {
      quiet();
      bytes += chunk.length;
      if (bytes > MOST_BYTES) {
        throw new RuntimeError('usage', `Standard input is longer than ${MOST_BYTES / 1024 / 1024} MiB.`, {
          next: 'Put it into a file in the project root and name the file in the message.',
        });
      }
      chunks.push(chunk);
    }
  } finally {
    quiet();
  }
  return Buffer.concat(chunks).toString('utf8');
}
