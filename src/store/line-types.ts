/** The types of lines that this build knows, file by file. The compiler keeps the lists complete; no turn loads a schema. */
import type { EntryType } from '../contract/entries.ts';
import type { AuditRecord, GrantRecord, IngressRecord } from '../contract/records.ts';

const entryTypes: Record<EntryType, true> = {
  'session.created': true,
  'session.opened': true,
  'session.forked': true,
  'policy.changed': true,
  'session.configured': true,
  'input.received': true,
  'turn.started': true,
  'plan.made': true,
  'model.requested': true,
  'budget.reserved': true,
  'budget.refused': true,
  'model.replied': true,
  'model.failed': true,
  'call.inspected': true,
  'policy.decided': true,
  'approval.requested': true,
  'approval.resolved': true,
  'call.started': true,
  'call.finished': true,
  'call.refused': true,
  'call.abandoned': true,
  'child.started': true,
  'child.finished': true,
  'timer.fired': true,
  'turn.reflected': true,
  'context.compacted': true,
  'reply.made': true,
  'reply.settled': true,
  'turn.ended': true,
  'files.undone': true,
};

const ingressTypes: Record<IngressRecord['type'], true> = {
  'event.accepted': true,
  'event.done': true,
  'event.dead': true,
};

const auditTypes: Record<AuditRecord['type'], true> = {
  head: true,
  'policy.set': true,
  'session.removed': true,
  'access.denied': true,
};

const grantTypes: Record<GrantRecord['type'], true> = { 'grant.added': true, 'grant.revoked': true };

export const knowsEntry = (type: string): boolean => Object.hasOwn(entryTypes, type);
export const knowsIngress = (type: string): boolean => Object.hasOwn(ingressTypes, type);
export const knowsAudit = (type: string): boolean => Object.hasOwn(auditTypes, type);
export const knowsGrant = (type: string): boolean => Object.hasOwn(grantTypes, type);
