/** What was decided, and by whom: rows of `runtime audit tail|export`, and the report of `runtime audit verify`. */
import type { Digest } from '../base/digest.ts';
import type { Seq } from './entries.ts';
import type { JournalEnd } from './ports.ts';
import type { AuditRecord } from './records.ts';
import type { EffectClass } from './values.ts';

/** Entries of journals that are rows: what was decided about calls, and what came of it. */
export const ROW_ENTRIES = [
  'policy.decided', 'approval.requested', 'approval.resolved', 'call.finished', 'call.refused', 'call.abandoned',
  'policy.changed', 'files.undone',
] as const; // prettier-ignore
/** Records of the audit log that are rows; heads only where they are asked for. */
export const ROW_RECORDS = [
  'policy.set', 'config.reloaded', 'session.removed', 'session.imported', 'session.redacted', 'access.denied', 'files.trusted',
  'store.repaired', 'store.restored', 'store.migrated', 'head',
] as const satisfies readonly AuditRecord['type'][]; // prettier-ignore

export type RowKind = (typeof ROW_ENTRIES)[number] | (typeof ROW_RECORDS)[number];

export const ROW_DECISIONS = ['allow', 'require_approval', 'deny', 'granted', 'denied', 'expired'] as const;
export type RowDecision = (typeof ROW_DECISIONS)[number];

export interface AuditRow {
  /** ms UTC. */
  at: number;
  kind: RowKind;
  /** Where it stands: in `audit.jsonl`, or in the journal of `session_id`. */
  in: 'audit' | 'journal';
  seq: Seq;
  session_id?: string;
  turn?: number;
  call_id?: string;
  approval_id?: string;
  tool?: string;
  effect?: EffectClass | 'unknown';
  decision?: RowDecision;
  /** Why; of a failure also its code. */
  reason?: string;
  /** Rules of the policy that applied. */
  rules?: string[];
  /** Who decided or did it, by which way, and for how long. */
  actor?: string;
  via?: string;
  scope?: 'once' | 'session' | 'always';
  /** Of a call that ran, or didn't. */
  status?: 'ok' | 'error' | 'timeout' | 'canceled' | 'void' | 'unknown' | 'refused';
  duration_ms?: number;
  exit_code?: number;
  /** Digest of the arguments, and what a person was shown of them; known secrets are placeholders in it. */
  input_digest?: Digest;
  title?: string;
  /** Of a head. */
  head?: { seq: Seq; hash: string };
}

export type AuditProblemCode =
  | 'head_mismatch'
  | 'journal_missing'
  | 'journal_damaged'
  | 'journal_too_new'
  | 'log_damaged'
  | 'log_too_new'
  | 'given_head_missing'
  | 'given_head_differs';

export interface AuditProblem {
  code: AuditProblemCode;
  session_id?: string;
  seq?: Seq;
  message: string;
}

/** `runtime.audit-verify.v1` */
export interface AuditVerifyReport {
  schemaVersion: 'runtime.audit-verify.v1';
  status: 'verified' | 'failed';
  /** The end of the log, as far as it is whole. */
  log: { records: Seq; hash: string; status: JournalEnd['status'] };
  sessions: number;
  /** Heads that the log has for them, all of which their journals must have. */
  heads: number;
  problems: AuditProblem[];
  /** Sessions of which no turn has ended: nothing vouches for their end. */
  without_head: string[];
}
