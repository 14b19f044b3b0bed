/**
 * Who may go through together, and who only alone (a readers-writer lock), in the order in which they came: nobody waits
 * for those who came later.
 */
export interface Gate {
  /**
   * Resolves with what leaves again, once it may go through; with undefined when the signal ends the waiting.
   * What leaves may be called more than once.
   */
  enter(how: 'together' | 'alone', signal: AbortSignal): Promise<(() => void) | undefined>;
}

interface Waiting {
  alone: boolean;
  goOn(): void;
}

export function createGate(): Gate {
  const waiting: Waiting[] = [];
  let inside = 0;
  let isAlone = false;

  function admit(): void {
    for (let [first] = waiting; first && !isAlone && !(first.alone && inside > 0); [first] = waiting) {
      waiting.shift();
      inside += 1;
      isAlone = first.alone;
      first.goOn();
    }
  }

  function leaving(): () => void {
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      inside -= 1;
      isAlone = false;
      admit();
    };
  }

  return {
    enter: (how, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(undefined);
        const giveUp = (): void => {
          waiting.splice(waiting.indexOf(one), 1);
          admit();
          resolve(undefined);
        };
        const one: Waiting = {
          alone: how === 'alone',
          goOn() {
            signal.removeEventListener('abort', giveUp);
            resolve(leaving());
          },
        };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.push(one);
        admit();
      }),
  };
}
