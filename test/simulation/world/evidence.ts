/** What lies on the disk when nobody writes: read by the product's own reader, and every journal verified. */
import { toRuntimeError } from '../../../src/contract/errors.ts';
import type { Entry } from '../../../src/contract/entries.ts';
import type { UsageRecord } from '../../../src/contract/records.ts';
import type { ScheduleRecord } from '../../../src/contract/schedule.ts';
import { verifyJournal } from '../../../src/engine/proof/verify.ts';
import type { Store } from '../../../src/store/store.ts';
import { jobsIn, scheduleRecords } from '../invariants/job-facts.ts';
import { settleUntil } from '../machine/immediates.ts';
import { createProcess } from '../machine/process.ts';
import { openWorkspace } from './program.ts';
import type { Evidence } from './parts.ts';
import type { World } from './parts.ts';

export function gatherEvidence(world: World, after: Evidence['after']): Promise<void> {
  return settleUntil(gather(world, after)); // a long journal is read with pauses
}

async function gather(world: World, after: Evidence['after']): Promise<void> {
  const process = createProcess(world.machine);
  try {
    const { store } = openWorkspace(world, process);
    const sessions = new Map<string, Entry[]>();
    for (const { session_id } of await store.journal.list()) {
      sessions.set(session_id, await verified(world, store, session_id));
    }
    const audit = await store.audit.read(() => {});
    if (audit.failure) world.violate('g', `the audit log is damaged: ${audit.failure.message}`);
    const pending = await store.ingress.pending();
    const grants = await store.grants.list();
    const schedules: ScheduleRecord[] = [];
    await store.schedules.read((record) => void schedules.push(record));
    const usage: UsageRecord[][] = [];
    for (const month of store.usage.months()) {
      const records: UsageRecord[] = [];
      await store.usage.read(month, (record) => void records.push(record));
      usage.push(records);
    }
    if (world.violation === undefined) world.watching.evidence({ after, sessions, pending, grants, schedules, usage });
  } catch (thrown) {
    world.violate('g', `the disk can't be read after a ${after}: ${toRuntimeError(thrown).message}`);
  } finally {
    process.die();
  }
}

/** Does an accepted message, or what a job has fired, still wait, as far as the files say? */
export async function somethingWaits(world: World): Promise<boolean> {
  const process = createProcess(world.machine);
  try {
    if ((await openWorkspace(world, process).store.ingress.pending()).length > 0) return true;
    const firings = [...jobsIn(scheduleRecords(world, 'seen')).values()].flatMap((job) => [...job.firings.values()]);
    return firings.some(({ event_id, settled }) => event_id !== undefined && !settled);
  } finally {
    process.die();
  }
}

async function verified({ violate, machine }: World, store: Store, session_id: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  const report = await verifyJournal({
    session_id,
    read: (visit) =>
      store.journal.read(session_id, (stored) => {
        entries.push(stored.entry);
        return visit(stored);
      }),
    blobs: store.blobs,
    hasHead: (await store.audit.head(session_id)) !== undefined,
  });
  machine.count('journals verified');
  if (report.status !== 'verified') {
    violate('g', `${session_id} doesn't verify: ${report.status} ${report.failure?.code} ${report.failure?.message}`);
  }
  return entries;
}
