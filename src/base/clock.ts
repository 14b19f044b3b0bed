/** The only way in which the program reads the time or waits. Given to whoever needs it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /**
   * Calls `run` once when `now()` has reached `dueAt` (ms UTC), or, where the clock is set back meanwhile, when as much
   * time has passed as was left: most of what waits means a duration. Returns what cancels it.
   */
  at(dueAt: number, run: () => void): () => void;
}

/** Node's timers fire at once when asked for longer than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** By so much a timer that is only early, or a clock that is only put right, may be behind. */
export const SET_BACK_MS = 1000;

export const systemClock: Clock = {
  now: () => Date.now(),
  at(dueAt, run) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = dueAt - Date.now();
      timer = left > LONGEST_TIMER_MS ? setTimeout(arm, LONGEST_TIMER_MS) : setTimeout(fire, Math.max(0, left));
    };
    const fire = (): void => {
      const left = dueAt - Date.now();
      if (left > 0 && left < SET_BACK_MS) arm();
      else run();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
