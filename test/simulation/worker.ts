/** A thread that runs seeds until there are no more, or one has failed that comes before them. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Told, WorkerInput } from './pool.ts';
import type { Run } from './shrink.ts';
import { tapeOf } from './tape.ts';

Error.stackTraceLimit = 0; // the simulated disk makes many errors, and nobody reads where

const { bundle, seed, shared } = workerData as WorkerInput;
const { run } = (await import(pathToFileURL(bundle).href)) as { run: Run };

for (;;) {
  const index = Atomics.add(shared, 0, 1);
  if (index >= Atomics.load(shared, 1)) break;
  const { counts, simulated_ms, digest, violation } = await run(tapeOf(seed + index));
  if (violation) lower(index);
  const told: Told = { index, counts, simulated_ms, digest, ...(violation && { violation }) };
  parentPort!.postMessage(told);
}

/** Nothing behind a failing run is begun any more. */
function lower(index: number): void {
  for (;;) {
    const last = Atomics.load(shared, 1);
    if (last <= index || Atomics.compareExchange(shared, 1, last, index) === last) return;
  }
}
