/**
 * A page made readable in a thread of its own: a page can be made so that this takes for ever, and nothing else waits for it.
 * The thread sees the page, and neither files of ours nor the environment.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../base/clock.ts';
import type { ReadablePage } from './readable.ts';

export const READING_MS = 10_000;
const MOST_MEMORY_MIB = 512;

/** Undefined: it took too long or too much memory, was aborted, or what reads it failed. */
export async function readApart(
  html: string,
  address: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<ReadablePage | undefined> {
  const { pageReader } = await import('#generated/page-reader.js');
  const worker = new Worker(pageReader, {
    eval: true,
    workerData: { html, address },
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MIB },
  });
  return new Promise((resolve) => {
    const end = (page?: ReadablePage): void => {
      cancel();
      signal.removeEventListener('abort', stop);
      void worker.terminate();
      resolve(page);
    };
    const stop = (): void => end();
    const cancel = clock.at(clock.now() + READING_MS, stop);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    worker.once('message', end);
    worker.once('error', stop);
    worker.once('exit', stop);
  });
}
