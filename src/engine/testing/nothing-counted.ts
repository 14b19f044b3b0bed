/** Ports of a world in which nothing is limited, and no file tainted. */
import type { Budget } from '../../contract/ports.ts';
import type { Quotas } from '../../contract/quotas.ts';
import type { FileTaint } from '../taint/file-taint.ts';

export const NO_QUOTAS: Quotas = { usedUp: async () => undefined, take: async () => undefined };

export const NO_FILES: FileTaint = {
  isAny: async () => false,
  of: async () => [],
  namedBeyond: async () => [],
  begin: async () => ({ end: async () => [] }),
  trust: async () => {},
};

export const NO_BUDGETS: Budget = {
  reserve: async () => ({ ok: true, scopes: [] }),
  begin: async () => {},
  settle: async () => {},
  durable: async () => {},
  ended: async () => {},
};
