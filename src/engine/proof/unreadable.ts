import type { VerifyReport } from '../../contract/verify.ts';

/** The verdict on what can't be read at all. `session_id`: '' where nothing says whose it is. */
export function unreadable(session_id: string, failure: NonNullable<VerifyReport['failure']>): VerifyReport {
  return {
    schemaVersion: 'runtime.verify.v1',
    session_id,
    status: 'failed',
    entries: 0,
    decisions: 0,
    head: { seq: 0, hash: '' },
    kernels: [],
    partial: [],
    notes: [],
    failure,
  };
}
