/** Ticks while something is being done. */
import type { Clock } from '../../base/clock.ts';

export interface Spinner {
  ticks(): number;
  turn(on: boolean): void;
}

const SPIN_MS = 100;

export function createSpinner(clock: Clock, onTick: () => void): Spinner {
  let ticks = 0;
  let cancel: (() => void) | undefined;
  const spin = (): void => {
    cancel = clock.at(clock.now() + SPIN_MS, () => {
      ticks++;
      spin();
      onTick();
    });
  };
  return {
    ticks: () => ticks,
    turn(on) {
      if (on && cancel === undefined) spin();
      if (on) return;
      cancel?.();
      cancel = undefined;
    },
  };
}
