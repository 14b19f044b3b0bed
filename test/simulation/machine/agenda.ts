/** What is due later, on the simulated time that never goes back. */
export interface Agenda {
  /** Milliseconds since the run began. */
  now(): number;
  /** Runs `run` once so many milliseconds from now. Gives what cancels it. */
  after(ms: number, run: () => void): () => void;
  /** How long until the next thing is due; undefined: nothing is. */
  next(): number | undefined;
  /** Goes on to what is due next, and runs it. */
  runNext(): void;
  /** So much time passes in which nothing can run (a machine that sleeps). */
  skip(ms: number): void;
}

interface Due {
  at: number;
  run: () => void;
}

export function createAgenda(): Agenda {
  let now = 0;
  /** In order; of the same time in the order of their coming. */
  const dues: Due[] = [];
  return {
    now: () => now,
    after(ms, run) {
      const due = { at: now + ms, run };
      let place = dues.length;
      while (place > 0 && dues[place - 1]!.at > due.at) place--;
      dues.splice(place, 0, due);
      return () => {
        const index = dues.indexOf(due);
        if (index !== -1) dues.splice(index, 1);
      };
    },
    next: () => (dues.length === 0 ? undefined : Math.max(0, dues[0]!.at - now)),
    runNext() {
      const due = dues.shift();
      if (due === undefined) return;
      now = Math.max(now, due.at);
      due.run();
    },
    skip: (ms) => void (now += ms),
  };
}
