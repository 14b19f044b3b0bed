import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../base/testing/manual-clock.ts';
import type { Loss } from '../../../contract/host.ts';
import { createFakeHost } from '../testing/fake-host.ts';
import { createHealth } from './health.ts';

function open() {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-health-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = manualClock();
  const loss = Promise.withResolvers<Loss>();
  const host = { ...createFakeHost().host, lost: loss.promise };
  const state: Record<'queue' | 'schedules', 'ok' | 'failed'> = { queue: 'ok', schedules: 'ok' };
  const health = createHealth({ host, folder, clock, version: '1.0.0', started: () => state });
  return { folder, clock, loss, health, state };
}

test('all is well, and nothing is left behind by looking', () => {
  const { folder, health } = open();
  expect(health.health()).toMatchObject({
    status: 200,
    body: { status: 'ok', components: { store: 'ok', disk: 'ok', queue: 'ok', schedules: 'ok' } },
  });
  expect(health.ready()).toEqual({ status: 200, body: { status: 'ready' } });
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that is gone is said, a second later at the latest, and is not made anew', () => {
  const { folder, clock, health } = open();
  health.health();
  rmSync(folder, { recursive: true });
  expect(health.health()).toMatchObject({ status: 200 });
  clock.pass(1000);
  expect(health.health()).toMatchObject({ status: 503, body: { components: { store: 'ok', disk: 'failed' } } });
  expect(health.ready()).toEqual({ status: 503, body: { status: 'failing', failing: ['disk'] } });
});

test('a store that failed is said, by no more than its name', async () => {
  const { loss, health } = open();
  loss.resolve({ handed_over: false, error: { code: 'store_unavailable', message: 'EIO: /home/x', next: '' } });
  await loss.promise;
  const answer = health.health();
  expect(answer).toMatchObject({
    status: 503,
    body: { status: 'failing', components: { store: 'failed', disk: 'ok' } },
  });
  expect(JSON.stringify(answer)).not.toContain('EIO');
});

test.each(['queue', 'schedules'] as const)('what can’t be started is said: the %s', (component) => {
  const { health, state } = open();
  state[component] = 'failed';
  expect(health.health()).toMatchObject({ status: 503, body: { status: 'failing' } });
  expect(health.ready()).toEqual({ status: 503, body: { status: 'failing', failing: [component] } });
});

test('who is told to end is well, and not ready', () => {
  const { health } = open();
  health.stop();
  expect(health.health()).toMatchObject({ status: 200 });
  expect(health.ready()).toEqual({ status: 503, body: { status: 'stopping' } });
});
