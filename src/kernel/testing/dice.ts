/**
 * Where a random world takes its chances from: a tape of numbers, so that a failing world can be replayed and shrunk. At
 * the tape's end it goes on calmly (always 0, which every choice keeps for the ordinary) or wildly (a fixed generator).
 */
export interface Dice {
  /** A whole number from 0 to `sides` - 1. */
  roll(sides: number): number;
  /** One of the choices; the first is the ordinary one. */
  pick<const T>(choices: readonly T[]): T;
  /** True once in so many times; not when all is calm. */
  once(times: number): boolean;
  /** Whether the tape has ended. */
  ended(): boolean;
}

export function diceOf(tape: readonly number[], after: 'calm' | 'wild'): Dice {
  let place = 0;
  let seed = tape.length + 1;
  const next = (): number => {
    if (place < tape.length) return tape[place++]!;
    if (after === 'calm') return 0;
    seed = (seed * 48_271) % 2_147_483_647; // Park and Miller's
    return seed;
  };
  const roll = (sides: number): number => next() % sides;
  return {
    roll,
    pick: (choices) => choices[roll(choices.length)]!, // a list of choices is never empty
    once: (times) => roll(times) === times - 1,
    ended: () => place >= tape.length,
  };
}
