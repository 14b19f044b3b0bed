import type { Clock } from '../../../base/clock.ts';

/** A time limit that is moved often and seldom reached: one timer, set anew only when it fires too early. */
export interface Deadline {
  /** From now on it expires in so many milliseconds. */
  within(ms: number): void;
  clear(): void;
}

export function createDeadline(clock: Clock, expire: () => void): Deadline {
  let dueAt = Infinity;
  let timer: { firesAt: number; cancel: () => void } | undefined;
  const fire = (): void => {
    const isOver = timer!.firesAt >= dueAt; // whatever the clock says: it may have been set back
    timer = undefined;
    if (isOver) expire();
    else arm();
  };
  const arm = (): void => {
    timer = { firesAt: dueAt, cancel: clock.at(dueAt, fire) };
  };
  return {
    within(ms) {
      dueAt = clock.now() + ms;
      if (timer && timer.firesAt <= dueAt) return;
      timer?.cancel();
      arm();
    },
    clear() {
      timer?.cancel();
      timer = undefined;
    },
  };
}
