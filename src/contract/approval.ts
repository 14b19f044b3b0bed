/** The approval record: `approvals ls|show -o json`, `GET /v1/approvals/{id}`. Derived from the journal, never stored. */
import type { Digest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import type { EffectClass, Presentation, Role } from './values.ts';

export type ApprovalStatus = 'pending' | 'granted' | 'denied' | 'expired' | 'void';

export interface ApprovalRecord {
  schemaVersion: 'runtime.approval.v1';
  id: string;
  session_id: string;
  turn: number;
  call_id: string;
  tool: string;
  effect: EffectClass | 'unknown';
  args: JsonValue;
  args_digest: Digest;
  digest: Digest;
  project_root: string;
  presentation: Presentation;
  reason: string;
  taint: string[];
  may_repeat_of?: string;
  requester: { id: string; role: Role };
  approver_roles: string[];
  status: ApprovalStatus;
  created_at: number;
  expires_at: number;
  resolved?: {
    at: number;
    outcome: 'granted' | 'denied' | 'expired';
    scope?: 'once' | 'session' | 'always';
    by: { id: string; role: Role };
    via: string;
    reason?: string;
    grant_id?: string;
  };
  used_by?: { seq: number };
}
