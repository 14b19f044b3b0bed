/**
 * How far a long command has come: one line on standard error that is written over. It is there only on a terminal that can
 * do so, and takes nothing but a carriage return.
 */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { truncate } from '../terminal/width.ts';
import type { Output } from './io.ts';

export interface ProgressBar {
  /** So much is done. */
  update(done: number): void;
  /** Takes the line away; nothing is written from then on. */
  end(): void;
}

export interface ProgressBarOptions {
  output: Output;
  clock: Clock;
  environment: Environment;
  /** What is done, and what is counted: `verifying`, `sessions`. */
  doing: string;
  unit: string;
  total: number;
}

const BAR_COLUMNS = 20;
/** Narrower terminals get no bar, only its figures. */
const LEAST_COLUMNS = 60;
const REDRAW_MS = 100;
/** What a terminal shows of Ctrl-C, behind the line. */
const KEY_COLUMNS = '^C'.length;

export function createProgressBar(options: ProgressBarOptions): ProgressBar {
  const { output, clock, environment, doing, unit, total } = options;
  if (!output.isTty || !environment['TERM'] || environment['TERM'] === 'dumb' || total === 0) {
    return { update: () => {}, end: () => {} };
  }
  const began = clock.now();
  let drawnAt = -Infinity;
  let drawn = 0;
  let ended = false;

  const draw = (line: string): void => {
    output.write(`\r${line.padEnd(drawn)}`);
    drawn = line.length;
  };

  return {
    update(done) {
      const now = clock.now();
      if (ended || now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      const columns = output.columns ?? LEAST_COLUMNS;
      const perSecond = now > began ? (done * 1000) / (now - began) : 0;
      const figures = `${figure(done)}/${figure(total)} ${unit}, ${figure(perSecond)}/s`;
      const bar = columns < LEAST_COLUMNS ? '' : `[${filled(done / total)}] `;
      // The last column stays free: writing there would begin a new line on some terminals.
      draw(truncate(`${doing} ${bar}${figures}`, columns - 1));
    },
    end() {
      if (ended) return;
      ended = true;
      const widest = (output.columns ?? LEAST_COLUMNS) - 1;
      if (drawn > 0) output.write(`\r${' '.repeat(Math.min(drawn + KEY_COLUMNS, widest))}\r`);
    },
  };
}

function filled(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR_COLUMNS);
  return '#'.repeat(full) + '-'.repeat(BAR_COLUMNS - full);
}

/** Small ones with a decimal, large ones in groups. */
function figure(n: number): string {
  const rounded = n < 10 && !Number.isInteger(n) ? n.toFixed(1) : String(Math.round(n));
  return rounded.replace(/\B(?=(\d{3})+$)/g, ',');
}
