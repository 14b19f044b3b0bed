/** Work that nobody waits for as it is begun: it must not fail unseen, nor be remembered once it is done. */
export interface Trailing {
  add(work: Promise<unknown>): void;
  /** Resolves when what is under way now is done; rejects with what failed, also before. Nobody has to wait for it. */
  underWay(): Promise<unknown>;
  /** Waits for what is under way. @throws what failed first since it was last called */
  settled(): Promise<void>;
}

export function createTrailing(): Trailing {
  const works = new Set<Promise<unknown>>();
  let failure: { thrown: unknown } | undefined;

  return {
    add(work) {
      works.add(work);
      work.then(
        () => works.delete(work),
        (thrown: unknown) => {
          works.delete(work);
          failure ??= { thrown };
        },
      );
    },
    underWay() {
      const all = Promise.all(failure ? [Promise.reject(failure.thrown)] : works);
      all.catch(() => {});
      return all;
    },
    async settled() {
      await Promise.allSettled(works);
      const failed = failure;
      failure = undefined;
      if (failed) throw failed.thrown;
    },
  };
}
