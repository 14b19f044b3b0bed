/**
 * A part of standard error that changes while a command works: it stands below all that is written meanwhile. Nothing is
 * read, so the terminal keeps its ways with keys.
 */
import type { Clock } from '../../base/clock.ts';
import { createScreen, type Screen } from '../terminal/screen/screen.ts';
import type { Output } from './io.ts';

export interface LiveArea {
  /** What stands there from now on. */
  show(lines: readonly string[]): void;
  /** Writes above it. */
  write(text: string): void;
  /** Takes it away. */
  close(): void;
}

const USUAL_ROWS = 24;
const USUAL_COLUMNS = 80;

export function createLiveArea(output: Output, clock: Clock): LiveArea {
  const screen: Screen = createScreen(
    {
      write: (text) => output.write(text),
      get columns() {
        return output.columns ?? USUAL_COLUMNS;
      },
      get rows() {
        return output.rows ?? USUAL_ROWS;
      },
    },
    { clock, xtermJs: false, onlyPaints: true },
  );
  const close = (): void => {
    process.off('exit', close).off('uncaughtExceptionMonitor', close);
    screen.show({ lines: [] });
    screen.close();
  };
  // However the program ends, the cursor is seen.
  process.on('exit', close).on('uncaughtExceptionMonitor', close);
  return {
    show: (lines) => screen.show({ lines }),
    write: (text) => screen.print(text.replace(/\n$/, '').split('\n')),
    close,
  };
}
