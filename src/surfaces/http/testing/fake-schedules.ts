/** Jobs in memory that are never due, and whose runs end at once. */
import { RuntimeError } from '../../../contract/errors.ts';
import type { Firing, Schedules, ScheduleStatus } from '../../../contract/schedule.ts';

export function createFakeSchedules(): Schedules {
  const jobs = new Map<string, ScheduleStatus>();
  const firings = new Map<string, Firing[]>();
  const found = (name: string): ScheduleStatus => {
    const job = jobs.get(name);
    if (!job) throw new RuntimeError('not_found', `There is no job ${name}.`);
    return job;
  };
  return {
    list: async () => [...jobs.values()],
    get: async (name) => found(name),
    async add(schedule) {
      const { name } = schedule;
      if (jobs.has(name)) throw new RuntimeError('schedule_exists', `There is a job ${name} already.`);
      if (schedule.schedule === undefined) throw new RuntimeError('schedule_invalid', 'It is never due.');
      const usual = { tz: 'UTC', session: 'own', catch_up: 'skip', jitter_ms: 0, overlap: 'skip', max_failures: 3, root: '/' } as const; // prettier-ignore
      const job = { ...usual, ...schedule, added_at: 0, status: 'active', next_due_at: 60_000, failures: 0 } as const;
      jobs.set(name, job);
      firings.set(name, []);
      return job;
    },
    async change(name, { paused }) {
      const job = {
        ...found(name),
        status: paused ? 'paused' : 'active',
        next_due_at: paused ? null : 60_000,
      } as const;
      jobs.set(name, job);
      return job;
    },
    async remove(name) {
      found(name);
      jobs.delete(name);
    },
    deliveries: async () => [],
    async run(name) {
      found(name);
      const past = firings.get(name)!;
      const due_at = past.length + 1;
      const firing: Firing = { due_at, state: 'fired', at: due_at, manual: true, event_id: `e-${due_at}`, outcome: 'ok', ended_at: due_at }; // prettier-ignore
      past.push(firing);
      return firing;
    },
    async history(name) {
      found(name);
      return firings.get(name)!;
    },
  };
}
