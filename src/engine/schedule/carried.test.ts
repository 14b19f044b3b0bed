import { expect, test } from 'vitest';
import type { Job, ScheduleRecord } from '../../contract/schedule.ts';
import { carriedJobs } from './carried.ts';

const job: Job = {
  name: 'nightly', schedule: '@daily', command: 'echo', tz: 'UTC', session: 'own', catch_up: 'all', jitter_ms: 0, overlap: 'skip', max_failures: 3, root: '/p',
}; // prettier-ignore
const added: ScheduleRecord = { type: 'job.added', data: { job, added_at: 10, by: 'local' } };
const fired = (due_at: number): ScheduleRecord => ({
  type: 'firing.settled',
  data: { job: 'nightly', due_at, at: due_at, state: 'fired', event_id: `e-${due_at}` },
});

test('what was due and accounted for since the backup is not due again', () => {
  const { records, paused } = carriedJobs([added, fired(20), fired(30)], [added, fired(20)]);
  expect(records).toEqual([{ type: 'job.stood', data: { job: 'nightly', accounted_until: 30, failures: 0 } }]);
  expect(paused).toEqual([]);
});

test('nothing is recorded where nothing was otherwise, and of what is paused anyway', () => {
  const pausedAt15: ScheduleRecord = { type: 'job.changed', data: { job: 'nightly', changed_at: 15, paused: true, by: 'local' } };
  expect(carriedJobs([added], [added, fired(20)])).toEqual({ records: [], paused: [] });
  expect(carriedJobs([added, fired(20)], [added, pausedAt15])).toEqual({ records: [], paused: [] });
}); // prettier-ignore
