/** Many small chances from one number of the tape, so that a power cut takes little of it. */
export interface Bits {
  /** Kept? */
  next(): boolean;
}

/** 0: everything is kept. 1: nothing is. Else each for itself. */
export function bitsOf(number: number): Bits {
  if (number === 0) return { next: () => true };
  if (number === 1) return { next: () => false };
  let state = number >>> 0;
  return {
    next() {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 31 === 1;
    },
  };
}
