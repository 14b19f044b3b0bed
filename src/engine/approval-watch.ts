/** Approvals as they come and are answered, by whichever process: found in the files, which any process may read. */
import type { ApprovalRecord } from '../contract/answers.ts';
import { recordsOf } from './approvals.ts';
import { stepSessionsOf } from './past/step-sessions.ts';
import type { Workspace } from './wire.ts';

interface Looked {
  /** Of its last entry. */
  seq: number;
  /** The sessions that do steps for it. */
  steps: string[];
  records: ApprovalRecord[];
}

/**
 * Each call gives what has changed since the last one: approvals that wait now, and those that were waiting, or came since, and
 * wait no more. The first gives those that wait. Only sessions with unfinished work are looked at, and what they had when that
 * was over; a journal is read again only where it has grown.
 */
export function watchApprovals(workspace: Workspace): () => Promise<ApprovalRecord[]> {
  const { store, clock } = workspace;
  const sessions = new Map<string, Looked>();
  /** As it was told last. */
  const told = new Map<string, ApprovalRecord>();
  let isFirst = true;

  async function look(session: string): Promise<string[]> {
    const before = sessions.get(session);
    const { seq } = await store.journal.read(session, () => {}, { after: Math.max(0, (before?.seq ?? 0) - 1) });
    const now = clock.now();
    const hasExpired = before?.records.some(({ status, expires_at }) => status === 'pending' && expires_at <= now);
    if (before?.seq === seq && !hasExpired) return before.steps;
    const records = await recordsOf(workspace, session);
    const steps = await stepSessionsOf(store.journal, session);
    sessions.set(session, { seq, steps, records });
    return steps;
  }

  return async () => {
    const reached = new Set((await store.ingress.pending()).map((event) => event.session_id));
    for (const session of reached) for (const step of await look(session)) reached.add(step);
    const over = [...sessions.keys()].filter((session) => !reached.has(session));
    for (const session of over) await look(session);
    const records = [...sessions.values()].flatMap((looked) => looked.records);
    for (const session of over) sessions.delete(session);

    const ids = new Set(records.map(({ id }) => id));
    const gone = [...told.values()].filter(({ id, status }) => status === 'pending' && !ids.has(id));
    const changed = records.filter(({ id, status }) => (isFirst ? status === 'pending' : told.get(id)?.status !== status)); // prettier-ignore
    // Of a session that was removed.
    changed.push(...gone.map((record) => ({ ...record, status: 'void' as const })));
    for (const record of [...records, ...changed]) told.set(record.id, record);
    isFirst = false;
    return changed.sort((one, other) => one.created_at - other.created_at);
  };
}
