import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Firing, Job } from '../../contract/schedule.ts';
import { deliverResult, type DeliveryPorts } from './deliver.ts';

function made() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-deliver-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'results.jsonl');
  const job: Job = {
    name: 'a', tz: 'UTC', session: 'own', catch_up: 'skip', jitter_ms: 0, overlap: 'skip', max_failures: 3,
    root: folder, schedule: '@daily', prompt: 'hello', deliver: `file:${path}`,
  }; // prettier-ignore
  const firing: Firing = { due_at: 1, at: 1, state: 'fired', event_id: 'e', ended_at: 2, outcome: 'ok' };
  const deliver = (beginFile: DeliveryPorts['beginFile']): Promise<Firing['delivery']> => {
    const ports = { clock: systemClock, secret: () => '', textOf: async () => 'done', beginFile };
    return deliverResult(ports, job, { ...firing, settled: true }, new AbortController().signal);
  };
  return { path, deliver };
}

test('what a file is tainted by is recorded before anything is written into it', async () => {
  const { path, deliver } = made();
  const seen: unknown[] = [];
  const isWritten = (): void => void seen.push(existsSync(path));
  const sent = await deliver(async (_job, _firing, to) => {
    isWritten();
    seen.push(to);
    return { end: async () => (isWritten(), []) };
  });
  expect(sent).toEqual({ state: 'delivered', attempts: 1 });
  expect(seen).toEqual([false, path, true]);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ data: { text: 'done' } });
});

test('where that can’t be recorded nothing is written, and that is the reason', async () => {
  const { path, deliver } = made();
  const sent = await deliver(() => Promise.reject(new Error('tainted-files.jsonl is damaged')));
  expect(sent).toEqual({ state: 'failed', attempts: 1, reason: expect.stringContaining('is damaged') as string });
  expect(existsSync(path)).toBe(false);
});
