import { expect, test, vi } from 'vitest';
import { manualClock } from '../../base/testing/manual-clock.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { LOCAL } from '../principal.ts';
import { openHub } from '../testing/hubs.ts';
import { NO_FILES } from '../testing/nothing-counted.ts';
import { createRedactor } from '../session/redact.ts';
import { createHubSchedules } from './hub-schedules.ts';

test('jobs that could not be read at the start fire when they can be', async () => {
  const { workspace, hub } = await openHub();
  const clock = manualClock(Date.now());
  const submit = vi.fn(async () => {});
  const schedules = createHubSchedules({
    workspace: { ...workspace, clock },
    fileTaint: NO_FILES,
    redactor: createRedactor([]),
    root: '/',
    submit,
    event: hub.event,
    settled: hub.settled,
    checkLimits: () => {},
    change: (work) => work(),
    warn: () => {},
  });
  const { read } = workspace.store.schedules;
  workspace.store.schedules.read = () => Promise.reject(new RuntimeError('disk_full', 'No space is left.'));
  const onFailed = vi.fn();
  const onStarted = vi.fn();
  schedules.start({ onFailed, onStarted });
  clock.pass(1000);
  await vi.waitFor(() => expect(onFailed.mock.calls).toMatchObject([[{ code: 'disk_full' }]]));
  workspace.store.schedules.read = read;
  const at = new Date(clock.now() + 90_000).toISOString();
  await schedules.hostFor(LOCAL).add({ name: 'a', at, prompt: 'hello' });
  clock.pass(60_000);
  await vi.waitFor(async () => {
    clock.pass(10_000);
    expect(submit).toHaveBeenCalledTimes(1);
  });
  expect([onFailed, onStarted].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  await schedules.stop();
});

test('where results go is told to operators; others hear no secret of it', async () => {
  const { workspace, hub } = await openHub();
  const usual = {
    fileTaint: NO_FILES,
    redactor: createRedactor([]),
    submit: async () => {},
    event: hub.event,
    settled: hub.settled,
    checkLimits: () => {},
    warn: () => {},
  };
  const schedules = createHubSchedules({ workspace, root: '/', change: (work) => work(), ...usual });
  const deliver = 'webhook:https://me:secret@example.org/x?token=secret';
  const operator = schedules.hostFor(LOCAL);
  await operator.add({ name: 'a', schedule: '@every 1h', command: 'true', deliver });
  await operator.add({ name: 'b', schedule: '@every 1h', command: 'true', deliver: 'file:/tmp/results.jsonl' });
  expect((await operator.list()).map((job) => job.deliver)).toEqual([deliver, 'file:/tmp/results.jsonl']);
  const viewer = schedules.hostFor({ actor: { id: 'v', role: 'viewer' }, via: 'http' });
  expect((await viewer.list()).map((job) => job.deliver)).toEqual(['webhook:https://example.org', 'file']);
  expect(await viewer.get('a')).toMatchObject({ deliver: 'webhook:https://example.org' });
  await operator.run('a', { wait: true });
  const destinations = async (who: typeof viewer): Promise<string[]> =>
    (await who.deliveries()).map(({ destination }) => destination);
  expect([await destinations(operator), await destinations(viewer)]).toEqual([
    [deliver],
    ['webhook:https://example.org'],
  ]);
  await schedules.stop();
});
