/** What a process that stays promises, on a clock that the test moves. */
import { describe, expect, test } from 'vitest';
import type { NewSchedule } from '../../contract/schedule.ts';
import { type OwnSchedules, type ScheduleWorld, scheduleWorld } from './testing/world.ts';

const prompt = (name: string, more: Partial<NewSchedule> = {}): NewSchedule => ({
  name,
  schedule: '@every 10s',
  prompt: 'hello',
  ...more,
});

async function pass(world: ScheduleWorld, seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    world.clock.pass(1000);
    await world.settle();
  }
}

async function started(world: ScheduleWorld): Promise<OwnSchedules> {
  const service = await world.open();
  await service.start();
  return service;
}

const states = async (service: OwnSchedules, name: string): Promise<string[]> =>
  (await service.history(name)).map(({ state }) => state);

test('A-97: each due time fires once while the process lives', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  const { next_due_at } = await service.add(prompt('a'));
  expect(next_due_at).toBe(world.clock.now() + 10_000);
  await pass(world, 35);
  const history = await service.history('a');
  expect(history.map(({ state, outcome }) => [state, outcome])).toEqual([
    ['fired', 'ok'],
    ['fired', 'ok'],
    ['fired', 'ok'],
  ]);
  expect(history.map(({ event_id }) => event_id)).toEqual(world.accepted);
  expect(history[0]).toMatchObject({ due_at: next_due_at, session_id: 'cron-a' });
});

test('a fresh session is another one each time, and a named one is that', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(prompt('a', { session: 'fresh' }));
  await service.add(prompt('b', { session: 'mine' }));
  await pass(world, 20);
  const fresh = (await service.history('a')).map(({ session_id }) => session_id);
  expect(new Set(fresh).size).toBe(2);
  expect((await service.history('b')).map(({ session_id }) => session_id)).toEqual(['mine', 'mine']);
});

test('nothing waits for a timer where nothing will be due', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  expect(world.clock.step(Infinity)).toBe(false);
  await service.add(prompt('once', { schedule: undefined as never, at: '2026-03-01T00:00:05Z' }));
  await service.add(prompt('a'));
  await service.change('a', { paused: true });
  await pass(world, 6);
  expect(await states(service, 'once')).toEqual(['fired']);
  expect(await service.get('once')).toMatchObject({ status: 'done', next_due_at: null });
  expect(world.clock.step(Infinity)).toBe(false);
});

test('while the run before is not over a due time is skipped, or waits', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  for (const overlap of ['skip', 'queue'] as const) {
    world.ends.set(overlap, 'never');
    await service.add(prompt(overlap, { overlap }));
  }
  await pass(world, 30);
  expect(await states(service, 'skip')).toEqual(['fired', 'skipped', 'skipped']);
  expect((await service.history('skip'))[1]).toMatchObject({ reason: 'the run before was not over' });
  expect(world.accepted).toHaveLength(2); // of each job one
  world.ends.clear();
  service.turnsEnded();
  await world.settle();
  expect((await service.history('queue')).map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
  expect(new Set(world.accepted).size).toBe(4);
});

test('of a queue that only grows the rest is skipped', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  world.ends.set('a', 'never');
  await service.add(prompt('a', { overlap: 'queue', schedule: '@every 1s' }));
  await pass(world, 20);
  const all = await states(service, 'a');
  expect(all.filter((state) => state === 'fired')).toHaveLength(11);
  expect(all.slice(11).every((state) => state === 'skipped')).toBe(true);
});

test('H-145, A-100: a run that failed holds up no later one; after failures in a row it is paused, and says so; resumed, nothing is caught up with', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  world.ends.set('a', { outcome: 'failed', reason: 'exit code 1' });
  await service.add({ name: 'a', schedule: '@every 10s', command: 'false', max_failures: 2, catch_up: 'all' });
  await pass(world, 60);
  expect(await states(service, 'a')).toEqual(['fired', 'fired']);
  expect((await service.history('a')).map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
  expect(world.records().map(({ type }) => type).slice(-2)).toEqual(['job.changed', 'firing.ended']); // prettier-ignore
  expect(await service.get('a')).toMatchObject({ status: 'paused', paused_reason: '2 runs in a row failed', next_due_at: null }); // prettier-ignore
  expect(world.warned).toEqual(['the job a is paused: 2 runs in a row failed']);
  world.ends.clear();
  await service.change('a', { paused: false });
  await pass(world, 10);
  expect(await states(service, 'a')).toEqual(['fired', 'fired', 'fired']);
  expect(await service.get('a')).toMatchObject({ status: 'active', failures: 0 });
});

test.each([
  ['skip', ['missed', 'missed', 'missed', 'fired']],
  ['once', ['missed', 'missed', 'caught_up', 'fired']],
  ['all', ['missed', 'caught_up', 'caught_up', 'fired']],
] as const)('H-146, A-98: what came while no process was there: %s', async (catch_up, expected) => {
  const world = scheduleWorld({ mostCaughtUp: 2 });
  const first = await world.open();
  await first.add(prompt('a', { catch_up }));
  world.clock.pass(35_000);
  const service = await started(world);
  await pass(world, 5);
  expect(await states(service, 'a')).toEqual(expected);
  expect(world.accepted).toHaveLength(expected.filter((state) => state !== 'missed').length);
});

test('a machine that slept for long catches up as after a downtime; one that stumbled is only late', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(prompt('a', { overlap: 'queue' }));
  const frozen = world.clock.now() + 45_000;
  // The process is stopped: its timer runs once, late.
  world.clock.pass(0);
  const late = { ...world.clock };
  late.pass(45_000);
  await world.settle();
  expect(world.clock.now()).toBe(frozen);
  expect((await states(service, 'a')).every((state) => state === 'fired')).toBe(true);
});

test('A-132: a clock that is set back makes nothing fire again', async () => {
  const world = scheduleWorld();
  const first = await started(world);
  await first.add(prompt('a'));
  await pass(world, 20);
  await first.stop();
  world.clock.pass(-15_000);
  const service = await started(world);
  await pass(world, 15);
  expect(await states(service, 'a')).toEqual(['fired', 'fired']);
  await pass(world, 10);
  expect(await states(service, 'a')).toEqual(['fired', 'fired', 'fired']);
});

test('by hand it fires now, and that is no due time', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(prompt('a'));
  const firing = await service.run('a', { wait: true });
  expect(firing).toMatchObject({ state: 'fired', manual: true, outcome: 'ok', due_at: world.clock.now() });
  const again = await service.run('a', { wait: true });
  expect(again.due_at).toBe(firing.due_at + 1);
  await pass(world, 10);
  expect(await states(service, 'a')).toEqual(['fired', 'fired', 'fired']);
  await service.change('a', { paused: true });
  expect(await service.run('a', { wait: true })).toMatchObject({ outcome: 'ok' });
  await expect(service.run('none', { wait: true })).rejects.toMatchObject({ code: 'not_found' });
});

test('jitter is drawn from job and due time, so that it is the same after a restart', async () => {
  const begun = async (restart: boolean): Promise<number[]> => {
    const world = scheduleWorld();
    let service = await started(world);
    await service.add(prompt('a', { jitter_ms: 8000 }));
    await pass(world, 11);
    if (restart) {
      await service.stop();
      service = await started(world);
    }
    await pass(world, 40);
    return (await service.history('a')).map(({ due_at, at }) => at - due_at);
  };
  const delays = await begun(false);
  expect(new Set(delays).size).toBeGreaterThan(1);
  expect(Math.max(...delays)).toBeLessThanOrEqual(8000);
  expect(await begun(true)).toEqual(delays);
});

test('history does not grow without bound, and all that counts outlives its shortening', async () => {
  const world = scheduleWorld({ history: 5 });
  const service = await started(world);
  await service.add(prompt('a', { schedule: '@every 1s' }));
  world.ends.set('b', { outcome: 'failed', reason: 'no' });
  await service.add({ name: 'b', schedule: '@every 1s', command: 'false', max_failures: 0 });
  await pass(world, 60);
  expect(world.records().length).toBeLessThan(90);
  expect((await service.history('a')).length).toBeLessThanOrEqual(10);
  const before = [await service.get('a'), await service.get('b'), await service.history('b')];
  expect(before[1]).toMatchObject({ failures: 60 });
  await service.stop();
  const again = await world.open();
  expect([await again.get('a'), await again.get('b'), await again.history('b')]).toEqual(before);
});

test('a result that is on its way when the jobs begin to be looked after is not sent a second time', async () => {
  const world = scheduleWorld();
  const service = await world.open();
  await service.add(prompt('a', { deliver: 'file:/results' }));
  world.undelivered.add('a');
  await service.run('a', { wait: true });
  await service.start();
  await world.settle();
  expect(world.sent).toEqual(['a']);
});

test('firings whose results wait to be delivered are kept, and not written anew again and again', async () => {
  const world = scheduleWorld({ history: 5 });
  const service = await started(world);
  world.undelivered.add('a');
  await service.add(prompt('a', { schedule: '@every 1s', deliver: 'file:/results' }));
  await pass(world, 60);
  const fired = (await states(service, 'a')).filter((state) => state === 'fired').length;
  expect(fired).toBeGreaterThan(50);
  expect(world.rewritten()).toBe(0);
  await service.stop();
  world.undelivered.clear();
  const again = await world.open();
  await again.start();
  await pass(world, 5);
  expect(world.delivered).toHaveLength(fired + 5);
  expect(new Set(await states(again, 'a'))).toEqual(new Set(['fired'])); // no due time was held up by a delivery
  expect(world.rewritten()).toBeGreaterThan(0);
  expect((await again.history('a')).length).toBeLessThanOrEqual(10);
});

test('what a full disk did not let be accepted or recorded is done when there is room', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(prompt('a', { schedule: undefined as never, at: '2026-03-01T00:00:05Z' }));
  world.full = true;
  await pass(world, 10);
  expect(world.accepted).toEqual([]);
  world.full = false;
  await pass(world, 125);
  expect(await states(service, 'a')).toEqual(['fired']);
  expect(world.accepted).toHaveLength(1);
  world.full = true;
  const { run } = service;
  await expect(run('a', { wait: true })).rejects.toMatchObject({ code: 'disk_full' });
});

test('a message that can not be accepted is tried again, when that can not be recorded either', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(prompt('a', { schedule: undefined as never, at: '2026-03-01T00:00:05Z' }));
  world.fullFor = 'submit';
  await pass(world, 10);
  expect(world.accepted).toEqual([]);
  delete world.fullFor;
  world.full = false;
  await pass(world, 61);
  expect(world.accepted).toHaveLength(1);
  expect(await states(service, 'a')).toEqual(['fired']);
});

test('what was written and not synced is found again, and done once', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(prompt('a', { schedule: undefined as never, at: '2026-03-01T00:00:05Z' }));
  await service.add(prompt('b', { schedule: undefined as never, at: '2026-03-01T00:00:05Z', command: 'true', prompt: undefined as never })); // prettier-ignore
  world.failingSyncs = true;
  await pass(world, 10);
  await expect(service.run('a', { wait: false })).rejects.toMatchObject({ code: 'store_unavailable' });
  expect([world.accepted, world.commands]).toEqual([[], []]);
  world.failingSyncs = false;
  await pass(world, 125);
  expect([world.accepted, world.commands]).toEqual([[expect.any(String)], ['b']]);
  const intended = world.records().filter(({ type }) => type === 'firing.intended');
  expect(intended).toHaveLength(2);
  for (const name of ['a', 'b']) expect(await service.history(name)).toMatchObject([{ state: 'fired', outcome: 'ok' }]);
});

describe('commands', () => {
  const command = (name: string, second: number): NewSchedule => ({
    name,
    at: `2026-03-01T00:00:0${second}Z`,
    command: 'true',
  });
  const add = async (world: ScheduleWorld, service: OwnSchedules, dues: Record<string, number>): Promise<void> => {
    for (const [name, second] of Object.entries(dues)) {
      world.ends.set(name, 'never');
      await service.add(command(name, second));
    }
  };

  test('run so many at once; the others wait, and go in the order of their due times', async () => {
    const world = scheduleWorld({ mostCommands: 2 });
    const service = await started(world);
    await add(world, service, { late: 4, a: 1, b: 1, soon: 3, first: 2 });
    await pass(world, 5);
    expect(world.commands).toEqual(['a', 'b']);
    expect((await service.history('first'))[0]).not.toHaveProperty('outcome');
    world.running.get('b')!();
    await world.settle();
    expect(world.commands).toEqual(['a', 'b', 'first']);
    for (const name of ['a', 'first']) world.running.get(name)!();
    await world.settle();
    expect(world.commands).toEqual(['a', 'b', 'first', 'soon', 'late']);
  });

  test('that wait at a stop are begun by the next process, and none twice', async () => {
    const world = scheduleWorld({ mostCommands: 1 });
    const service = await started(world);
    await add(world, service, { a: 1, b: 2, c: 3 });
    await pass(world, 4);
    await service.stop();
    expect(world.commands).toEqual(['a']);
    world.ends.clear();
    const next = await started(world);
    await world.settle();
    expect(world.commands).toEqual(['a', 'b', 'c']);
    expect((await next.history('a'))[0]).toMatchObject({ outcome: 'failed', reason: 'ended with the program' });
    for (const name of ['b', 'c']) expect(await next.history(name)).toMatchObject([{ state: 'fired', outcome: 'ok' }]);
  });

  test('of a job that is removed wait no longer', async () => {
    const world = scheduleWorld({ mostCommands: 1 });
    const service = await started(world);
    await add(world, service, { a: 1, b: 2, c: 3 });
    await pass(world, 4);
    await service.remove('b');
    world.ends.delete('b');
    await service.add(command('b', 9));
    await world.settle();
    world.running.get('a')!();
    await world.settle();
    expect(world.commands).toEqual(['a', 'c']);
    world.running.get('c')!();
    await pass(world, 6);
    expect(world.commands).toEqual(['a', 'c', 'b']);
  });
});

test('how a command ended is recorded when there is room, as it was, and once', async () => {
  for (const fault of ['full', 'failingSyncs'] as const) {
    const world = scheduleWorld();
    const service = await started(world);
    world.ends.set('a', { outcome: 'ok', exit_code: 0 });
    await service.add(prompt('a', { schedule: undefined as never, at: '2026-03-01T00:00:05Z', command: 'true', prompt: undefined as never })); // prettier-ignore
    world.onCommand = () => void (world[fault] = true);
    await pass(world, 10);
    expect(await service.history('a')).toMatchObject([{ state: 'fired' }]);
    world[fault] = false;
    await pass(world, 125);
    expect(await service.history('a')).toMatchObject([{ state: 'fired', outcome: 'ok', exit_code: 0 }]);
    expect(world.records().filter(({ type }) => type === 'firing.ended')).toHaveLength(1);
    expect(world.commands).toEqual(['a']);
  }
});

test('a run that could not be recorded to its end counts as under way', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(prompt('a', { overlap: 'skip' }));
  world.ends.set('a', 'never');
  await pass(world, 10);
  world.full = true;
  world.ends.delete('a');
  service.turnsEnded();
  await pass(world, 5);
  world.full = false;
  await pass(world, 5);
  expect(await states(service, 'a')).toEqual(['fired', 'skipped']);
});

test('a job that was removed and made anew has no history', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(prompt('a'));
  await expect(service.add(prompt('a'))).rejects.toMatchObject({ code: 'schedule_exists' });
  await pass(world, 10);
  await service.remove('a');
  await expect(service.get('a')).rejects.toMatchObject({ code: 'not_found' });
  await pass(world, 10);
  expect(world.accepted).toHaveLength(1);
  await service.add(prompt('a'));
  expect(await service.history('a')).toEqual([]);
});

test.each([{ schedule: '0 2 30 2 *' }, { schedule: '@every 99999999d' }, { at: '9999-01-01T00:00:00Z' }])(
  'what nobody will see due is refused: %j',
  async (when) => {
    const service = await started(scheduleWorld());
    const { schedule: _, ...job } = prompt('a');
    await expect(service.add({ ...job, ...when })).rejects.toMatchObject({ code: 'schedule_invalid' });
    expect(await service.list()).toEqual([]);
  },
);

test('a job that was removed while a turn of it was open does not hold up the one that has its name now', async () => {
  const world = scheduleWorld();
  const service = await started(world);
  await service.add(prompt('a'));
  world.ends.set('a', 'never');
  await pass(world, 10);
  await service.remove('a');
  await service.add(prompt('a'));
  await pass(world, 10);
  expect(await states(service, 'a')).toEqual(['fired']);
});
