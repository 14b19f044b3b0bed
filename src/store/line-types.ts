/**
 * The types of lines that this build knows in the files beside the journals. The compiler keeps the lists complete, and no
 * turn loads a schema.
 */
import type { AuditRecord, GrantRecord, IngressRecord, TaintedFileRecord, UsageRecord } from '../contract/records.ts';
import type { ScheduleRecord } from '../contract/schedule.ts';

const ingressTypes: Record<IngressRecord['type'], true> = {
  'event.accepted': true,
  'event.done': true,
  'event.dead': true,
};

const auditTypes: Record<AuditRecord['type'], true> = {
  head: true,
  'policy.set': true,
  'config.reloaded': true,
  'session.removed': true,
  'session.imported': true,
  'session.redacted': true,
  'access.denied': true,
  'files.trusted': true,
  'store.repaired': true,
  'store.restored': true,
  'store.migrated': true,
};

const grantTypes: Record<GrantRecord['type'], true> = { 'grant.added': true, 'grant.revoked': true };

const taintedFileTypes: Record<TaintedFileRecord['type'], true> = {
  'write.begun': true,
  'write.ended': true,
  'files.trusted': true,
};

const scheduleTypes: Record<ScheduleRecord['type'], true> = {
  'job.added': true,
  'job.changed': true,
  'job.removed': true,
  'job.stood': true,
  'firing.intended': true,
  'firing.settled': true,
  'firing.ended': true,
  'firing.delivered': true,
};

const usageTypes: Record<UsageRecord['type'], true> = {
  'usage.totals': true,
  'usage.reserved': true,
  'usage.settled': true,
  'usage.released': true,
  'usage.worked': true,
  'usage.called': true,
};

export const knowsUsage = (type: string): boolean => Object.hasOwn(usageTypes, type);
export const knowsIngress = (type: string): boolean => Object.hasOwn(ingressTypes, type);
export const knowsAudit = (type: string): boolean => Object.hasOwn(auditTypes, type);
export const knowsGrant = (type: string): boolean => Object.hasOwn(grantTypes, type);
export const knowsTaintedFile = (type: string): boolean => Object.hasOwn(taintedFileTypes, type);
export const knowsSchedule = (type: string): boolean => Object.hasOwn(scheduleTypes, type);
