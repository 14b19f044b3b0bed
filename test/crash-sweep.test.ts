/**
 * Real system calls that fail or kill, one at a time, at every place where the program touches its workspace; after each
 * it is started again and goes on to the end. Here a slice, `SWEEP=all` for the whole.
 */
import { expect, test } from 'vitest';
import { hasStrace } from '../scripts/chaos/strace.ts';
import { type DaemonResult, sweepDaemon } from '../scripts/chaos/daemon-sweep.ts';
import { sweep, type SweepResult } from '../scripts/chaos/sweep.ts';

const ALL = process.env['SWEEP'] === 'all';
const EVERY = ALL ? 1 : 40;
const EVERY_OF_DAEMON = ALL ? 1 : 30;
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

test.skipIf(!hasStrace)(
  `a daemon that is killed at ${ALL ? 'every' : `one in ${EVERY_OF_DAEMON}`} of these calls: what it accepted and was to fire is there, once`,
  { timeout: LONGEST_MS },
  async ({ signal }) => {
    const results: DaemonResult[] = [];
    const onResult = (result: DaemonResult): void => void results.push(result);
    await sweepDaemon({ every: EVERY_OF_DAEMON, workers: 2, signal, onCalls: () => {}, onResult });
    const broken = results.filter((result) => result.broken.length > 0);
    expect(broken.map(({ name, broken: what }) => [name, ...what])).toEqual([]);
    expect(results.filter(({ came }) => came === 'killed').length).toBeGreaterThan(results.length / 2);
  },
);
