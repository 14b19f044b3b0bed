/** Runs that are left behind by their job, or by the process. */
import { expect, test } from 'vitest';
import type { NewSchedule } from '../../contract/schedule.ts';
import { type ScheduleWorld, scheduleWorld } from './testing/world.ts';

const command: NewSchedule = { name: 'a', schedule: '@every 720h', command: 'true' };
const prompt: NewSchedule = { name: 'a', schedule: '@every 720h', prompt: 'hello' };

const typesOf = (world: ScheduleWorld): string[] => world.records().map(({ type }) => type);

test('what becomes of a run of a removed job is nothing to a new job of its name', async () => {
  for (const schedule of [command, prompt]) {
    const world = scheduleWorld();
    const service = await world.open();
    await service.start();
    world.ends.set('a', 'never');
    await service.add(schedule);
    await service.run('a', { wait: false });
    await world.settle();
    await service.remove('a');
    await service.add(schedule);
    const { length } = world.records();
    world.ends.set('a', { outcome: 'failed', reason: 'it broke' });
    world.running.get('a')?.();
    service.turnsEnded();
    await world.settle();
    expect(world.records().slice(length)).toEqual([]);
    expect(await service.history('a')).toEqual([]);
  }
});

test('a command that was to begin when the process was asked to leave does not, and that is told', async () => {
  const world = scheduleWorld();
  const service = await world.open();
  await service.start();
  await service.add(command);
  await service.run('a', { wait: false });
  while (!typesOf(world).includes('firing.settled')) await Promise.resolve();
  await service.stop();
  expect(world.commands).toEqual([]);
  expect(await service.history('a')).toMatchObject([{ outcome: 'failed', reason: 'ended with the program' }]);
});

test('nor does one that became due right before; the next process begins it', async () => {
  const world = scheduleWorld();
  const service = await world.open();
  await service.start();
  await service.add({ ...command, at: '2026-03-01T00:00:05Z', schedule: undefined as never });
  world.clock.pass(5000);
  await service.add({ ...prompt, name: 'b' }); // by then it is decided upon, and that of `b` is looked at
  await service.stop();
  expect(world.commands).toEqual([]);
  await (await world.open()).start();
  await world.settle();
  expect(world.commands).toEqual(['a']);
});

test('a message that was not accepted, wherever the process is killed then: its run fails by that', async () => {
  for (let crashAt = 1; ; crashAt++) {
    const world = scheduleWorld();
    world.laneFull = true;
    const service = await world.open(crashAt);
    await service.start();
    void service.add({ name: 'a', at: '2026-03-01T00:00:05Z', prompt: 'hello' });
    await world.settle();
    world.clock.pass(5000);
    await world.settle();
    if (!world.crashed()) break;
    world.cut(true);
    const next = await world.open();
    await next.start();
    world.clock.pass(5000);
    await world.settle();
    const ran = (await next.list()).length === 0 ? [] : (await next.history('a')).filter(({ event_id }) => event_id);
    for (const one of ran) expect(one).toMatchObject({ outcome: 'failed', reason: 'The background lane is full.' });
  }
  expect.hasAssertions();
});
