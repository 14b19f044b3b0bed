/** Who may go through at the same time as whom, in the order in which they came: nobody waits for those who came later. */
export interface Gate<T> {
  /**
   * Resolves with what leaves again, once `who` may go through; with undefined when the signal ends the waiting.
   * What leaves may be called more than once. `onWait`: called before that if it has to wait.
   */
  enter(who: T, signal: AbortSignal, onWait?: () => void): Promise<(() => void) | undefined>;
}

interface Waiting<T> {
  who: T;
  goOn(): void;
}

/** `keepsOut`: whether two may not be inside together, whichever comes first. */
export function createGate<T>(keepsOut: (one: T, other: T) => boolean): Gate<T> {
  const inside = new Set<{ who: T }>();
  let waiting: Waiting<T>[] = [];

  function admit(): void {
    const before = waiting;
    waiting = [];
    for (const one of before) {
      const isFree = [...inside, ...waiting].every(({ who }) => !keepsOut(who, one.who));
      if (isFree) one.goOn();
      else waiting.push(one);
    }
  }

  return {
    enter: (who, signal, onWait) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(undefined);
        const giveUp = (): void => {
          waiting.splice(waiting.indexOf(one), 1);
          resolve(undefined);
          admit();
        };
        const one: Waiting<T> = {
          who,
          goOn() {
            signal.removeEventListener('abort', giveUp);
            inside.add(one);
            resolve(() => void (inside.delete(one) && admit()));
          },
        };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.push(one);
        admit();
        if (waiting.includes(one)) onWait?.();
      }),
  };
}
