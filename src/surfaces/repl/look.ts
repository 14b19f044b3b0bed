/**
 * Has somebody had a thing before them for long enough, and been still? So is who has typed nothing from when the terminal
 * had it until so much later. That is never said of a key by the time at which it was read: this process, or the line to
 * the terminal, may have stood still since it was typed. Only what is read behind a fence was typed after it.
 */
import type { Clock } from '../../base/clock.ts';

export interface Look {
  /** It was written to the terminal. */
  begin(): void;
  /** Something was typed: from now on, once more. */
  again(): void;
  /** There is something else to look at, or nothing. */
  forget(): void;
  /** Whatever is read from now on was typed after a look. */
  isOver(): boolean;
}

export interface LookOptions {
  clock: Clock;
  /** Calls it when all has been read that was typed before the terminal had what is written to it by now. */
  fence: (run: () => void) => void;
}

/** A person needs at least this long to see what is asked, and who pressed a key within this is typing (ms). */
const LOOK_MS = 700;

export function createLook({ clock, fence }: LookOptions): Look {
  let state: 'none' | 'coming' | 'there' | 'over' = 'none';
  /** What was begun before is none of it. */
  let round = 0;
  let cancel = (): void => {};

  const enter = (next: typeof state): (() => boolean) => {
    cancel();
    state = next;
    const own = ++round;
    return () => own === round;
  };
  const wait = (): void => {
    const isIt = enter('there');
    const end = (): void => {
      if (isIt()) state = 'over';
    };
    cancel = clock.at(clock.now() + LOOK_MS, () => fence(end));
  };
  const begin = (): void => {
    const isIt = enter('coming');
    fence(() => {
      if (isIt()) wait();
    });
  };
  return {
    begin,
    again() {
      if (state === 'coming')
        begin(); // the terminal's answer may have been lost
      else if (state !== 'none') wait();
    },
    forget: () => void enter('none'),
    isOver: () => state === 'over',
  };
}
