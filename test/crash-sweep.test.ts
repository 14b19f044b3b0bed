/**
 * Real system calls that fail or kill, one at a time, at every place where the program touches its workspace; after each
 * it is started again and goes on to the end. Here a slice, `SWEEP=all` for the whole.
 */
import { expect, test } from 'vitest';
import { openDaemonGoals } from '../scripts/chaos/daemon-goals.ts';
import type { OpenDaemonPlay } from '../scripts/chaos/daemon-life.ts';
import { openLanes } from '../scripts/chaos/daemon-story.ts';
import { type DaemonResult, sweepDaemon } from '../scripts/chaos/daemon-sweep.ts';
import { openGoals } from '../scripts/chaos/goal-story.ts';
import type { OpenPlay } from '../scripts/chaos/play.ts';
import { openTools } from '../scripts/chaos/story.ts';
import { hasStrace } from '../scripts/chaos/strace.ts';
import { sweep, type SweepResult } from '../scripts/chaos/sweep.ts';

const ALL = process.env['SWEEP'] === 'all';
const LONGEST_MS = 60 * 60_000;
const slice = (most: number): number => (ALL ? 1 : most);
const oneIn = (every: number): string => (every === 1 ? 'every' : `one in ${every}`);

const EVERY = slice(40);
const EVERY_OF_GOALS = slice(71);
const EVERY_OF_DAEMON = slice(30);
const EVERY_OF_DAEMON_GOALS = slice(40);

test.skipIf(!hasStrace)(
  `a fault at ${oneIn(EVERY)} of the calls that touch the workspace: said, nothing lost, nothing done twice`,
  { timeout: LONGEST_MS },
  async ({ signal }) => {
    const came = await sweepOf(openTools, EVERY, signal);
    expect(came).toContain('failed');
    expect(came).toContain('killed');
  },
);

test.skipIf(!hasStrace)(
  `goals, limits and failing models, a fault at ${oneIn(EVERY_OF_GOALS)} of these calls: one answer, each call counted once, no limit passed`,
  { timeout: LONGEST_MS },
  async ({ signal }) => {
    const came = await sweepOf(openGoals, EVERY_OF_GOALS, signal);
    expect(came).toContain('failed');
    expect(came).toContain('killed');
  },
);

test.skipIf(!hasStrace)(
  `a daemon that is killed at ${oneIn(EVERY_OF_DAEMON)} of these calls: what it accepted and was to fire is there, once`,
  { timeout: LONGEST_MS },
  ({ signal }) => sweepDaemonOf(openLanes, EVERY_OF_DAEMON, signal),
);

test.skipIf(!hasStrace)(
  `a daemon with a goal, killed at ${oneIn(EVERY_OF_DAEMON_GOALS)} of these calls: one answer, each call counted once, no limit passed`,
  { timeout: LONGEST_MS },
  ({ signal }) => sweepDaemonOf(openDaemonGoals, EVERY_OF_DAEMON_GOALS, signal),
);

async function sweepOf(play: OpenPlay, every: number, signal: AbortSignal): Promise<SweepResult['came'][]> {
  const results: SweepResult[] = [];
  await sweep({ play, every, workers: 2, signal, onPoints: () => {}, onResult: (result) => results.push(result) });
  const broken = results.filter((result) => result.broken.length > 0);
  expect(broken.map(({ point, broken: what }) => [point.name, ...what])).toEqual([]);
  return results.map(({ came }) => came);
}

async function sweepDaemonOf(play: OpenDaemonPlay, every: number, signal: AbortSignal): Promise<void> {
  const results: DaemonResult[] = [];
  const onResult = (result: DaemonResult): void => void results.push(result);
  await sweepDaemon({ play, every, workers: 2, signal, onCalls: () => {}, onResult });
  const broken = results.filter((result) => result.broken.length > 0);
  expect(broken.map(({ name, broken: what }) => [name, ...what])).toEqual([]);
  expect(results.filter(({ came }) => came === 'killed').length).toBeGreaterThan(results.length / 2);
}
