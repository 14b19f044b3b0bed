/** Places for the commands of jobs: so many run at once, and of those that wait the one that was due first goes next. */

export interface Places {
  /** Gives what frees the place; undefined when it isn't wanted any more. `isWanted`: asked whenever that may have changed. */
  take(due_at: number, isWanted: () => boolean): Promise<(() => void) | undefined>;
  /** Some that wait may not be wanted any more. */
  review(): void;
}

interface Waiting {
  due_at: number;
  isWanted(): boolean;
  settle(free: (() => void) | undefined): void;
}

export function createPlaces(most: number): Places {
  let taken = 0;
  /** In the order in which they go. */
  let waiting: Waiting[] = [];

  function giveFree(): void {
    while (taken < most) {
      const next = waiting.shift();
      if (next === undefined) return;
      if (next.isWanted()) next.settle(takeOne());
      else next.settle(undefined);
    }
  }

  function takeOne(): () => void {
    taken++;
    return () => {
      taken--;
      giveFree();
    };
  }

  return {
    take(due_at, isWanted) {
      const { promise, resolve: settle } = Promise.withResolvers<(() => void) | undefined>();
      waiting.splice(waiting.findLastIndex((one) => one.due_at <= due_at) + 1, 0, { due_at, isWanted, settle });
      giveFree();
      return promise;
    },
    review() {
      const { wanted = [], left = [] } = Object.groupBy(waiting, (one) => (one.isWanted() ? 'wanted' : 'left'));
      waiting = wanted;
      for (const { settle } of left) settle(undefined);
    },
  };
}
