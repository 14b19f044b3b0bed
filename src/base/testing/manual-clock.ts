import type { Clock } from '../clock.ts';

/** A clock that the test moves. */
export interface ManualClock extends Clock {
  /** So many milliseconds later; what is due runs on the way, in order. */
  pass(ms: number): void;
  /** Goes on to what is due next, no later than `end`, and runs it. False: nothing is. */
  step(end: number): boolean;
}

export function manualClock(start = 0): ManualClock {
  let now = start;
  let timers: { dueAt: number; run: () => void }[] = [];

  function step(end: number): boolean {
    const next = timers.filter((timer) => timer.dueAt <= end).sort((a, b) => a.dueAt - b.dueAt)[0];
    if (!next) return false;
    now = Math.max(now, next.dueAt);
    timers = timers.filter((timer) => timer !== next);
    next.run();
    return true;
  }

  return {
    now: () => now,
    at(dueAt, run) {
      const timer = { dueAt, run };
      timers.push(timer);
      return () => void (timers = timers.filter((armed) => armed !== timer));
    },
    step,
    pass(ms) {
      const end = now + ms;
      while (step(end));
      now = end;
    },
  };
}
