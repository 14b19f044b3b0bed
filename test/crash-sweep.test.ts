/**
 * Real system calls that fail or kill, one at a time, at every place where the program touches its workspace; after each
 * it is started again and goes on to the end. Here a slice, `SWEEP=all` for the whole.
 */
import { expect, test } from 'vitest';
import { hasStrace } from '../scripts/chaos/strace.ts';
import { sweep, type SweepResult } from '../scripts/chaos/sweep.ts';

const EVERY = process.env['SWEEP'] === 'all' ? 1 : 40;
const LONGEST_MS = 40 * 60_000;

test.skipIf(!hasStrace)(
  `a fault at ${EVERY === 1 ? 'every' : `one in ${EVERY}`} of the calls that touch the workspace: said, nothing lost, nothing done twice`,
  { timeout: LONGEST_MS },
  async ({ signal }) => {
    const results: SweepResult[] = [];
    await sweep({ every: EVERY, workers: 2, signal, onPoints: () => {}, onResult: (result) => results.push(result) });
    const broken = results.filter((result) => result.broken.length > 0);
    expect(broken.map(({ point, broken: what }) => [point.name, ...what])).toEqual([]);
    for (const came of ['killed', 'failed'] as const) expect(results.map((result) => result.came)).toContain(came);
  },
);
