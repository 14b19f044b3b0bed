/** When a heartbeat asks the model, and what is written of it. */
import { expect, test } from 'vitest';
import { type OwnSchedules, type ScheduleWorld, scheduleWorld } from './testing/world.ts';

const A = `sha256:${'a'.repeat(64)}` as const;
const B = `sha256:${'b'.repeat(64)}` as const;
const PULSE = { name: 'pulse', schedule: '@every 10s', heartbeat: 'HEARTBEAT.md' };

async function started(world: ScheduleWorld): Promise<OwnSchedules> {
  const service = await world.open();
  await service.start();
  return service;
}

async function pass(world: ScheduleWorld, seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    world.clock.pass(1000);
    await world.settle();
  }
}

test('asks when something has changed, and else writes nothing', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(PULSE);
  const { length } = world.records();
  await pass(world, 50);
  expect(world.records()).toHaveLength(length);
  world.found.set('pulse', A);
  await pass(world, 10);
  expect(await service.history('pulse')).toMatchObject([{ state: 'fired', outcome: 'ok', looked: A }]);
  const after = world.records().length;
  await pass(world, 100);
  expect(world.records()).toHaveLength(after);
  expect((await service.get('pulse')).next_due_at).toBeGreaterThan(world.clock.now());
  world.found.set('pulse', B);
  await pass(world, 20);
  expect(world.accepted).toHaveLength(2);
});

test('after a restart it knows what it looked at, and has missed nothing', async () => {
  const world = scheduleWorld();
  const first = await started(world);
  await first.add(PULSE);
  world.found.set('pulse', A);
  await pass(world, 10);
  await first.stop();
  world.clock.pass(3_600_000);
  const { length } = world.records();
  const second = await started(world);
  await pass(world, 30);
  expect(world.records()).toHaveLength(length);
  world.found.set('pulse', B);
  await pass(world, 10);
  expect((await second.history('pulse')).map(({ state }) => state)).toEqual(['fired', 'fired']);
});

test('what went wrong is tried again, until it is paused', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  world.found.set('pulse', A);
  world.ends.set('pulse', { outcome: 'failed', reason: 'unavailable' });
  await service.add({ ...PULSE, max_failures: 2 });
  await pass(world, 60);
  expect(world.accepted).toHaveLength(2);
  expect(await service.get('pulse')).toMatchObject({ status: 'paused', paused_reason: '2 runs in a row failed' });
});

test('while the run before is not over it waits, and writes nothing', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(PULSE);
  world.found.set('pulse', A);
  world.ends.set('pulse', 'never');
  await pass(world, 10);
  world.found.set('pulse', B);
  const { length } = world.records();
  await pass(world, 50);
  expect(world.records()).toHaveLength(length);
  world.ends.delete('pulse');
  service.turnsEnded();
  await pass(world, 10);
  expect(world.accepted).toHaveLength(2);
});

test('by hand it runs whatever has changed, and that counts', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  world.found.set('pulse', A);
  await service.add(PULSE);
  await service.run('pulse', { wait: true });
  await service.run('pulse', { wait: true });
  await pass(world, 30);
  expect(await service.history('pulse')).toMatchObject([
    { manual: true, looked: A },
    { manual: true, looked: A },
  ]);
});

test('an answer that there is nothing to do is not delivered, nor after a restart', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  world.found.set('pulse', A);
  world.ends.set('pulse', { outcome: 'ok', quiet: true });
  await service.add({ ...PULSE, deliver: 'file:/x' });
  await pass(world, 10);
  await service.stop();
  const again = await started(world);
  world.ends.set('pulse', { outcome: 'ok' });
  world.found.set('pulse', B);
  await pass(world, 10);
  const history = await again.history('pulse');
  expect(history.map(({ quiet }) => quiet)).toEqual([true, undefined]);
  expect(world.delivered).toEqual([`pulse/${history[1]!.due_at}`]);
});

test('has no prompt and no command', async () => {
  const service = await started(scheduleWorld());
  const both = service.add({ ...PULSE, prompt: 'hello' });
  await expect(both).rejects.toMatchObject({ code: 'schedule_invalid' });
});
