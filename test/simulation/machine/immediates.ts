/** `setImmediate` of the simulated processes, and how long "now" lasts: until nothing can go on before time passes. */
import { setImmediate as realImmediate } from 'node:timers';
import { survive } from './process.ts';

/** More rounds in one moment are a program that never waits. */
const MOST_ROUNDS = 20_000;

let queue: (() => void)[] = [];

export function simulatedImmediate(run: () => void): void {
  queue.push(run);
}

/** Lets everything go on that can. */
export async function settle(): Promise<void> {
  for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
    await new Promise<void>((resolve) => void realImmediate(resolve)); // all microtasks run before it
    if (queue.length === 0) return;
    const runs = queue;
    queue = [];
    for (const run of runs) survive(run);
  }
  throw new Error('the program goes on and on without any time passing');
}

/** Lets everything go on until this is done, which waits for nothing else. */
export async function settleUntil<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const end = (): void => void (isDone = true);
  work.then(end, end);
  while (!isDone) await settle();
  return work;
}

/** Between runs. */
export function forgetImmediates(): void {
  queue = [];
}
