/** Starts what reads the store: what can't be read now may be later, when the disk has room or answers again. */
import type { Clock } from '../../base/clock.ts';
import { type RuntimeError, toRuntimeError } from '../../contract/errors.ts';

export interface StartTold {
  onStarted(): void;
  onFailed(error: RuntimeError): void;
}

const AGAIN_MS = 10_000;

/** Tells how each try went. Gives what ends trying. */
export function keepStarting(clock: Clock, start: () => Promise<void>, told: StartTold): () => void {
  let isStopped = false;
  let cancel = (): void => {};

  async function tryIt(): Promise<void> {
    try {
      await start();
      if (!isStopped) told.onStarted();
    } catch (thrown) {
      if (isStopped) return;
      told.onFailed(toRuntimeError(thrown));
      cancel = clock.at(clock.now() + AGAIN_MS, () => void tryIt());
    }
  }

  void tryIt();
  return () => {
    isStopped = true;
    cancel();
  };
}
