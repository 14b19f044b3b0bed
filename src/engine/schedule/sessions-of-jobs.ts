/** Sessions in which jobs go on. */
import type { ScheduleLog } from '../../contract/ports.ts';
import { OF_JOBS } from '../../contract/session-id.ts';
import { ACTS, type Principal, requireRole } from '../principal.ts';
import { readBook } from './ledger.ts';

/**
 * Who begins a session settles which role its turns may have, and what they are told: one of a job is begun by those who may
 * make jobs. @throws RuntimeError role_not_allowed | store_damaged
 */
export async function requireBeginner(
  by: Principal,
  session_id: string,
  schedules: Pick<ScheduleLog, 'read'>,
): Promise<void> {
  const isOfJob =
    session_id.toLowerCase().startsWith(OF_JOBS) || // some disks take both for one
    [...(await readBook(schedules)).values()].some(
      ({ job }) => job.session?.toLowerCase() === session_id.toLowerCase(),
    );
  if (isOfJob) requireRole(by, ACTS.beginJobs);
}
