/** What somebody asked for and was refused, since no sync said that it is durable: where it stands, it counts. */
import { expect, test } from 'vitest';
import type { NewSchedule } from '../../contract/schedule.ts';
import { type OwnSchedules, type ScheduleWorld, scheduleWorld } from './testing/world.ts';

/** By then it has looked at what stands there. */
const LOOKED_S = 61;
const REFUSED = { code: 'store_unavailable' };
const once: NewSchedule = { name: 'a', at: '2026-03-01T00:00:05Z', prompt: 'hello' };

async function started(): Promise<{ world: ScheduleWorld; service: OwnSchedules }> {
  const world = scheduleWorld();
  const service = await world.open();
  await service.start();
  return { world, service };
}

/** Asks while every sync fails. Everything works again before anything else is done. */
async function refused(world: ScheduleWorld, asked: () => Promise<unknown>): Promise<void> {
  world.failingSyncs = true;
  await expect(asked()).rejects.toMatchObject(REFUSED);
  world.failingSyncs = false;
  await pass(world, LOOKED_S);
}

async function pass(world: ScheduleWorld, seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    world.clock.pass(1000);
    await world.settle();
  }
}

test('a job that was to be added fires', async () => {
  const { world, service } = await started();
  await refused(world, () => service.add(once));
  expect(await service.history('a')).toMatchObject([{ state: 'fired', outcome: 'ok' }]);
  expect(world.accepted).toHaveLength(1);
});

test('a job that was to go on does', async () => {
  const { world, service } = await started();
  await service.add({ ...once, at: '2026-03-01T00:01:20Z' });
  await service.change('a', { paused: true });
  await refused(world, () => service.change('a', { paused: false }));
  await pass(world, 30);
  expect(await service.history('a')).toMatchObject([{ state: 'fired', outcome: 'ok' }]);
});

test('a job that was to be removed is not there any more', async () => {
  const { world, service } = await started();
  await service.add(once);
  await service.change('a', { paused: true }); // else its due time is looked at
  await refused(world, () => service.remove('a'));
  expect(await service.list()).toEqual([]);
  expect(world.accepted).toEqual([]);
});

test('a run that was asked for by hand comes', async () => {
  const { world, service } = await started();
  await service.add(once);
  await service.change('a', { paused: true });
  await refused(world, () => service.run('a', { wait: false }));
  expect(await service.history('a')).toMatchObject([{ state: 'fired', manual: true, outcome: 'ok' }]);
});

test('and where syncs go on to fail it counts as soon as they work', async () => {
  const { world, service } = await started();
  world.failingSyncs = true;
  await expect(service.add(once)).rejects.toMatchObject(REFUSED);
  await pass(world, 90);
  expect(world.accepted).toEqual([]);
  world.failingSyncs = false;
  await pass(world, LOOKED_S);
  expect(await service.history('a')).toMatchObject([{ state: 'fired', outcome: 'ok' }]);
});
