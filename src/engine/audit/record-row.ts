import type { AuditRow } from '../../contract/audit.ts';
import type { AuditRecord, Stored } from '../../contract/records.ts';
import type { Verdict } from '../../contract/values.ts';

/** A record of the audit log as a row. */
export function recordRow({ at, seq, record }: Stored<AuditRecord>): AuditRow {
  return { at, kind: record.type, in: 'audit', seq, ...restOf(record) };
}

function restOf(record: AuditRecord): Partial<AuditRow> {
  switch (record.type) {
    case 'head': {
      const { session, seq, hash } = record.data;
      return { session_id: session, head: { seq, hash } };
    }
    case 'policy.set': {
      const { tool, verdict, by } = record.data;
      return { tool, decision: verdict as Verdict, actor: by };
    }
    case 'config.reloaded':
      return { reason: `changed: ${record.data.changed.join(', ')}`, actor: record.data.by };
    case 'session.removed': {
      const { session, head, by } = record.data;
      return { session_id: session, head, actor: by };
    }
    case 'session.imported': {
      const { session, from, by } = record.data;
      return { session_id: session, reason: `from ${from.session_id} of workspace ${from.workspace_id}`, actor: by };
    }
    case 'session.redacted': {
      const { sessions, by } = record.data;
      const [first, ...others] = sessions;
      const count = sessions.reduce((sum, one) => sum + one.count, 0);
      const also = others.length === 0 ? '' : `, also in ${others.map(({ session }) => session).join(', ')}`;
      return { session_id: first!.session, head: first!.after, reason: `${count} places${also}`, actor: by };
    }
    case 'access.denied': {
      const { what, why, by } = record.data;
      return { decision: 'denied', title: what, reason: why, actor: by };
    }
    case 'files.trusted': {
      const { root, session, by } = record.data;
      return { session_id: session, title: root, actor: by };
    }
    case 'store.repaired': {
      const { file, session, by } = record.data;
      return { ...(session !== undefined && { session_id: session }), title: file, actor: by };
    }
    case 'store.restored':
      return { reason: `epoch ${record.data.epoch}`, actor: record.data.by };
    case 'store.migrated':
      return { reason: `from format ${record.data.from} to ${record.data.to}` };
  }
}
