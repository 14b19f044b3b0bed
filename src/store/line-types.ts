/**
 * The types of lines that this build knows in the files beside the journals. The compiler keeps the lists complete, and no
 * turn loads a schema.
 */
import type { AuditRecord, GrantRecord, IngressRecord } from '../contract/records.ts';

const ingressTypes: Record<IngressRecord['type'], true> = {
  'event.accepted': true,
  'event.done': true,
  'event.dead': true,
};

const auditTypes: Record<AuditRecord['type'], true> = {
  head: true,
  'policy.set': true,
  'session.removed': true,
  'session.imported': true,
  'access.denied': true,
  'store.repaired': true,
  'store.restored': true,
  'store.migrated': true,
};

const grantTypes: Record<GrantRecord['type'], true> = { 'grant.added': true, 'grant.revoked': true };

export const knowsIngress = (type: string): boolean => Object.hasOwn(ingressTypes, type);
export const knowsAudit = (type: string): boolean => Object.hasOwn(auditTypes, type);
export const knowsGrant = (type: string): boolean => Object.hasOwn(grantTypes, type);
