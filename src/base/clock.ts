/** The only way in which the program reads the time or waits. Given to whoever needs it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Calls `run` once when `now()` has reached `dueAt` (ms UTC). Returns what cancels it. */
  at(dueAt: number, run: () => void): () => void;
}

/** Node's timers fire at once when asked for longer than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  at(dueAt, run) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = dueAt - Date.now();
      timer = left > LONGEST_TIMER_MS ? setTimeout(arm, LONGEST_TIMER_MS) : setTimeout(fire, Math.max(0, left));
    };
    // A timer may fire a millisecond early, and the wall clock may have been set back.
    const fire = (): void => (Date.now() < dueAt ? arm() : run());
    arm();
    return () => clearTimeout(timer);
  },
};
