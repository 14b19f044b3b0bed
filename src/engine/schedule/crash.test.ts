/** A crash before and behind each thing that a firing does to the world: nothing is done twice, and nothing is lost. */
import { expect, test } from 'vitest';
import type { NewSchedule } from '../../contract/schedule.ts';
import { scheduleWorld, type ScheduleWorld } from './testing/world.ts';

const DUE_S = [1, 2, 3, 4, 5, 6];

/** Two jobs through some seconds, with a crash at a step and a second one after it. Gives the steps that there were. */
async function live(
  crashAt: number,
  keepUnsynced: boolean,
  again = Infinity,
): Promise<{ world: ScheduleWorld; steps: number }> {
  const world = scheduleWorld({ history: 2 });
  const jobs: NewSchedule[] = [
    { name: 'says', schedule: '@every 1s', prompt: 'hello', overlap: 'queue', catch_up: 'all', deliver: 'file:/x' },
    { name: 'runs', schedule: '@every 1s', command: 'true', overlap: 'queue', catch_up: 'all' },
  ];
  const first = await world.open();
  for (const job of jobs) await first.add(job);
  let steps = 0;
  const process = async (at: number): Promise<void> => {
    void world.open(at).then((service) => service.start()); // it may crash in that already
    await world.settle();
  };
  await process(crashAt);
  for (const _ of DUE_S) {
    world.clock.pass(1000);
    await world.settle();
    steps = Math.max(steps, world.steps());
    if (!world.crashed()) continue;
    world.cut(keepUnsynced);
    keepUnsynced = !keepUnsynced; // after a kill the power may go
    await process(again);
    again = Infinity;
  }
  if (world.crashed()) {
    world.cut(keepUnsynced);
    await process(Infinity);
  }
  return { world, steps };
}

async function check(world: ScheduleWorld, where: string): Promise<void> {
  const service = await world.open();
  expect(new Set(world.accepted).size, where).toBe(world.accepted.length);
  for (const name of ['says', 'runs']) {
    const history = await service.history(name);
    const { added_at } = await service.get(name);
    const due = history.map(({ due_at }) => due_at);
    expect(new Set(due).size, where).toBe(due.length);
    // The last ones are still there, each with what became of it.
    const last = DUE_S.map((second) => added_at + second * 1000).slice(-2);
    expect(due, where).toEqual(expect.arrayContaining(last));
    for (const { state, outcome, due_at } of history) {
      expect(['fired', 'caught_up'], `${where} ${name} ${due_at}`).toContain(state);
      expect(outcome, `${where} ${name} ${due_at}`).toBeDefined();
    }
  }
  // Each of them was said, and none twice; of commands one may have been cut before it began.
  expect(world.accepted, where).toHaveLength(DUE_S.length);
  expect(new Set(world.delivered).size, where).toBe(DUE_S.length);
  expect(world.commands.length, where).toBeLessThanOrEqual(DUE_S.length);
  expect(world.commands.length, where).toBeGreaterThanOrEqual(DUE_S.length - 2);
}

test('at every step, with and without what was not synced', async () => {
  const { world, steps } = await live(Infinity, true);
  await check(world, 'no crash');
  expect(world.commands).toHaveLength(DUE_S.length);
  expect(steps).toBeGreaterThan(50);
  for (let at = 1; at <= steps; at++) {
    for (const kept of [true, false]) await check((await live(at, kept)).world, `crash at ${at}, ${kept}`);
  }
}, 60_000);

test('and at a second one, while the first is made good', async () => {
  for (let at = 20; at <= 40; at++) {
    for (let again = 1; again <= 12; again++) {
      await check((await live(at, true, again)).world, `crash at ${at}, then at ${again}`);
    }
  }
}, 60_000);
